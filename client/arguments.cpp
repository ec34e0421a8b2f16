#include "client/arguments.hpp"

#include <algorithm>

namespace belfry::client {
namespace {

using boost::program_options::option_description;
using boost::program_options::options_description;

// An argument that looks like an option, cut at its `=`.
struct Cut {
    std::string name;  // canonical; empty: the argument is no option
    std::string_view value;
    bool has_value = false;
};

Cut cut(std::string_view argument) {
    if (!argument.starts_with('-')) return {};
    argument.remove_prefix(argument.starts_with("--") ? 2 : 1);
    const auto equals = argument.find('=');
    if (equals == argument.npos) return {canonical_name(argument), {}, false};
    return {canonical_name(argument.substr(0, equals)), argument.substr(equals + 1), true};
}

const option_description* find(const options_description& known, const std::string& name) {
    return name.empty() ? nullptr : known.find_nothrow(name, false);
}

bool takes_value(const option_description& option) {
    return option.semantic()->max_tokens() > 0;
}

// Walks over the arguments, one option at a time.
class Walk {
  public:
    Walk(const std::vector<std::string>& arguments, const options_description& known)
        : at_{arguments.begin()}, end_{arguments.end()}, known_{known} {}

    [[nodiscard]] bool at_end() const { return at_ == end_; }

    std::string next() {
        const std::string& argument = *at_++;
        const Cut option = cut(argument);
        if (option.name.empty()) throw UsageError{"unexpected argument '" + argument + "'"};
        const auto* description = find(known_, option.name);
        if (description == nullptr) throw UsageError{"unknown option '" + argument + "'"};
        if (takes_value(*description)) return "--" + option.name + "=" + value_of(option);
        if (option.has_value) throw UsageError{"option --" + option.name + " takes no value"};
        return "--" + option.name;
    }

  private:
    std::string value_of(const Cut& option) {
        const bool follows =
            !option.has_value && at_ != end_ && find(known_, cut(*at_).name) == nullptr;
        const std::string value{follows ? std::string_view{*at_++} : option.value};
        if (value.empty()) throw UsageError{"option --" + option.name + " needs a value"};
        return value;
    }

    std::vector<std::string>::const_iterator at_;
    std::vector<std::string>::const_iterator end_;
    const options_description& known_;
};

}  // namespace

std::string canonical_name(std::string_view name) {
    std::string canonical{name};
    std::replace(canonical.begin(), canonical.end(), '_', '-');
    return canonical;
}

std::vector<std::string> normalised(const std::vector<std::string>& arguments,
                                    const options_description& known) {
    std::vector<std::string> result;
    for (Walk walk{arguments, known}; !walk.at_end();) result.push_back(walk.next());
    return result;
}

}  // namespace belfry::client
