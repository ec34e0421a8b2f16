#include "auth/clients_file_edit.hpp"

namespace belfry::auth {
namespace {

/// Returns where the content of the client's line begins in the text.
std::size_t place_of(std::string_view text, const Client& client) {
    return static_cast<std::size_t>(client.content.data() - text.data());
}

}  // namespace

std::string with_line(std::string_view text, std::string_view content) {
    std::string changed{text};
    if (!changed.empty() && changed.back() != '\n') changed += '\n';
    return changed.append(content) += '\n';
}

std::string with_content(std::string_view text, const Client& client, std::string_view content) {
    std::string changed{text};
    return changed.replace(place_of(text, client), client.content.size(), content);
}

std::string without_line(std::string_view text, const Client& client) {
    const std::size_t inside = place_of(text, client);
    const std::size_t begin = text.rfind('\n', inside) + 1;  // 0 in the first line: npos + 1
    const std::size_t end = text.find('\n', inside);
    const std::size_t size = end == std::string_view::npos ? end : end + 1 - begin;
    return std::string{text}.erase(begin, size);
}

}  // namespace belfry::auth
