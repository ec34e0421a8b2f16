#include "cluster/client_rows.hpp"

#include "shm/client_table.hpp"

namespace belfry::cluster {

std::uint32_t ClientRows::row_of(std::string_view client) noexcept {
    if (last_name_ == client) return last_row_;
    const auto found = rows_.find(client);
    if (found == rows_.end()) return shm::LogReader::no_row;
    last_name_ = found->first;
    last_row_ = found->second;
    return last_row_;
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
