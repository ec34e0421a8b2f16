#include "cluster/client_rows.hpp"

#include "shm/client_table.hpp"
#include "shm/log_reader.hpp"

namespace belfry::cluster {

std::uint32_t ClientRows::row_of(std::string_view client) const noexcept {
    const auto found = rows_.find(client);
    return found == rows_.end() ? shm::LogReader::no_row : found->second;
}

std::vector<std::uint32_t> ClientRows::add_new() {
    std::vector<std::uint32_t> added;
    for (auto row = static_cast<std::uint32_t>(rows_.size());
         row < segment_->geometry().client_rows; ++row) {
        const std::string_view name = shm::name_of(*segment_, row);
        if (name.empty()) break;
        rows_.emplace(name, row);
        added.push_back(row);
    }
    return added;
}

}  // namespace belfry::cluster
