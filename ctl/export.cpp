#include "ctl/export.hpp"

#include "ctl/export_format.hpp"
#include "ctl/refusal.hpp"
#include "ctl/store_walk.hpp"
#include "store/store_reader.hpp"

#include <algorithm>
#include <optional>
#include <ostream>

namespace belfry::ctl {
namespace {

/// What is read in one piece, and written in the next.
constexpr std::size_t page_bytes = 1 << 20;

LogHead read_log_head(store::StoreReader& reader) {
    LogHead head;
    head.log = reader.saved_log();
    if (head.log.epoch.empty()) throw Refusal{"the store holds no log yet"};
    std::ranges::sort(head.log.clients, {}, &store::SavedClient::id);
    const std::uint64_t first = reader.first_id();
    head.first_id = first != 0 ? first : head.log.last_id + 1;
    return head;
}

void read_page(StoreWalk& walk, std::string& out, LineForm form) {
    const auto missing = walk.read_page([&](const store::Message& row) {
        append_line(out, row, form);
        return out.size() < page_bytes;
    });
    if (!missing) return;
    throw Refusal{"the messages " + std::to_string(missing->first) + " to " +
                  std::to_string(missing->last) +
                  (missing->deleted ? " were deleted by retention before they were exported"
                                    : " cannot be read: the export is not complete")};
}

}  // namespace

void export_store(std::ostream& out, const std::filesystem::path& data_dir, LineForm form) {
    store::StoreReader reader{data_dir};
    std::string page;
    std::optional<StoreWalk> walk;
    {
        // The head and the first page together: what retention deletes lies at the front.
        const store::StoreReader::Snapshot snapshot{reader};
        const LogHead head = read_log_head(reader);
        append_head(page, head, form);
        walk.emplace(reader, head.first_id, head.log.last_id);
        if (!walk->is_done()) read_page(*walk, page, form);
    }
    while (out << page && !walk->is_done()) {
        page.clear();
        read_page(*walk, page, form);
    }
}

}  // namespace belfry::ctl
