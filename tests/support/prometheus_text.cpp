#include "tests/support/prometheus_text.hpp"

#include "tests/support/failure.hpp"

#include <regex>
#include <set>
#include <sstream>

namespace belfry::test {
namespace {

const std::regex& help_line() {
    static const std::regex line{R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)+)"};
    return line;
}

const std::regex& type_line() {
    static const std::regex line{
        R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped))"};
    return line;
}

const std::regex& sample_line() {
    static const std::regex line{
        R"re((([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*")re"
        R"re((?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\\\|\\"|\\n)*")*)\})?) )re"
        R"re(([+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Inf)|NaN)(?: -?[0-9]+)?)re"};
    return line;
}

class Reader {
  public:
    void read(const std::string& line) {
        std::smatch parts;
        if (std::regex_match(line, parts, help_line())) {
            begin(parts[1]);
        } else if (std::regex_match(line, parts, type_line())) {
            require(parts[1] == family_ && !typed_, line, "TYPE does not follow its HELP");
            typed_ = true;
            const bool total = family_.ends_with("_total");
            require((parts[2] == "counter") == total, line,
                    "only the name of a counter ends in _total, and it must");
        } else if (std::regex_match(line, parts, sample_line())) {
            require(typed_ && parts[2] == family_, line, "a sample outside its family");
            require(values_.emplace(parts[1], std::stod(parts[4])).second, line, "twice");
        } else {
            require(false, line, "not a line of the format");
        }
    }

    std::map<std::string, double> values_;

  private:
    void begin(const std::string& name) {
        require(families_.insert(name).second, name, "a family appears twice");
        family_ = name;
        typed_ = false;
    }

    static void require(bool good, const std::string& line, const std::string& why) {
        if (!good) throw Failure{why + ": " + line};
    }

    std::string family_;
    bool typed_ = false;
    std::set<std::string> families_;
};

}  // namespace

std::map<std::string, double> read_prometheus_text(std::string_view text) {
    if (!text.ends_with('\n')) throw Failure{"the last line has no line end"};
    std::istringstream lines{std::string{text}};
    Reader reader;
    for (std::string line; std::getline(lines, line);) reader.read(line);
    return std::move(reader.values_);
}

}  // namespace belfry::test
