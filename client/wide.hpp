#pragma once

#include <boost/locale/encoding_utf.hpp>

#include <string>
#include <string_view>

/// Between UTF-8 and the wide characters of line editing. What is not valid is left out.
namespace belfry::client {

[[nodiscard]] inline std::wstring wide(std::string_view text) {
    return boost::locale::conv::utf_to_utf<wchar_t>(text.data(), text.data() + text.size());
}

[[nodiscard]] inline std::string narrow(std::wstring_view text) {
    return boost::locale::conv::utf_to_utf<char>(text.data(), text.data() + text.size());
}

}  // namespace belfry::client
