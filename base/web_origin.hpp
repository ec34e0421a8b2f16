#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace belfry::base {

/// Returns an origin of web pages as browsers write it in the header `Origin`: in lower case,
/// without the port that the scheme implies, and without a slash at the end.
/// @return nothing unless the text is `http://` or `https://` with a name or an address and perhaps
/// a port
[[nodiscard]] std::optional<std::string> web_origin(std::string_view text);

}  // namespace belfry::base
