#pragma once

#include <span>
#include <string_view>

namespace belfry::gate {

/// A file of the page. `page/embed` writes all of them into the program when it is built.
struct PageFile {
    std::string_view path;  ///< at which it is served
    std::string_view type;  ///< its media type
    std::string_view etag;  ///< with quotes
    std::string_view bytes;
    bool is_immutable;  ///< the path changes with the contents
};

[[nodiscard]] std::span<const PageFile> page_files() noexcept;

}  // namespace belfry::gate
