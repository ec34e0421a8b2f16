#include "ctl/search.hpp"

#include "base/utf8.hpp"
#include "ctl/refusal.hpp"
#include "ctl/store_walk.hpp"

#include <ostream>

namespace belfry::ctl {
namespace {

/// How many bytes of lines are collected before they are printed.
constexpr std::size_t page_bytes = 64 << 10;

}  // namespace

bool contains(std::string_view body, std::string_view text) noexcept {
    return base::find_text(body, text) != std::string_view::npos;
}

void search(std::ostream& out, const std::filesystem::path& data_dir, std::string_view text,
            LineForm form) {
    store::StoreReader reader{data_dir};
    const std::uint64_t first = reader.first_id();
    if (first == 0) return;
    StoreWalk walk{reader, first, reader.last_id()};
    std::uint64_t unread = 0;
    while (!walk.is_done() && out.good()) {
        std::string found;
        const auto missing = walk.read_page([&](const store::Message& row) {
            if (contains(row.body, text)) append_line(found, row, form);
            return found.size() < page_bytes;
        });
        if (missing && !missing->deleted) unread += missing->last - missing->first + 1;
        out << found << std::flush;
    }
    if (unread != 0) {
        throw Refusal{"cannot read " + std::to_string(unread) + " messages of the store"};
    }
}

}  // namespace belfry::ctl
