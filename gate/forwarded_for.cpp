#include "gate/forwarded_for.hpp"

#include <iterator>
#include <string>
#include <string_view>

namespace belfry::gate {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view spaces = " \t";
    const auto first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

}  // namespace

std::optional<base::Endpoint> forwarded_for(const HttpRequest& request) {
    const auto [begin, end] = request.equal_range("X-Forwarded-For");
    if (begin == end) return {};
    const auto value = std::prev(end)->value();
    const std::string_view list{value.data(), value.size()};
    const auto comma = list.rfind(',');
    const auto last = comma == std::string_view::npos ? list : list.substr(comma + 1);
    return base::parse_address(std::string{trimmed(last)});
}

}  // namespace belfry::gate
