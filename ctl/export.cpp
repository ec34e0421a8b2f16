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

/// How many bytes of lines are collected before they are written.
constexpr std::size_t page_bytes = 1 << 20;

ExportHeader read_header(store::StoreReader& reader) {
    ExportHeader header;
    header.log = reader.saved_log();
    if (header.log.epoch.empty()) throw Refusal{"the store contains no log yet"};
    std::ranges::sort(header.log.clients, {}, &store::SavedClient::id);
    const std::uint64_t first = reader.first_id();
    header.first_id = first != 0 ? first : header.log.last_id + 1;
    return header;
}

void read_page(StoreWalk& walk, std::string& out, LineForm form) {
    const auto missing = walk.read_page([&](const store::Message& row) {
        append_line(out, row, form);
        return out.size() < page_bytes;
    });
    if (!missing) return;
    throw Refusal{"messages " + std::to_string(missing->first) + " to " +
                  std::to_string(missing->last) +
                  (missing->deleted ? " were deleted by retention before they were exported"
                                    : " cannot be read; the export is incomplete")};
}

}  // namespace

void export_store(std::ostream& out, const std::filesystem::path& data_dir, LineForm form) {
    store::StoreReader reader{data_dir};
    std::string page;
    std::optional<StoreWalk> walk;
    {
        // Retention deletes at the front, so the header and the first page must be from one moment.
        const store::StoreReader::Snapshot snapshot{reader};
        const ExportHeader header = read_header(reader);
        append_header(page, header, form);
        walk.emplace(reader, header.first_id, header.log.last_id);
        if (!walk->is_done()) read_page(*walk, page, form);
    }
    while (out << page && !walk->is_done()) {
        page.clear();
        read_page(*walk, page, form);
    }
}

}  // namespace belfry::ctl
