#include "ctl/store_walk.hpp"

#include <algorithm>
#include <cstddef>

namespace belfry::ctl {
namespace {

constexpr std::uint64_t page_rows = 10'000;
constexpr std::size_t page_bytes = 4 << 20;

}  // namespace

std::optional<StoreWalk::Missing> StoreWalk::read_page(const store::StoreReader::Take& take) {
    const std::uint64_t first = next_;
    std::size_t bytes = 0;
    next_ =
        reader_.read(first, std::min(last_, first + page_rows - 1), [&](const store::Message& row) {
            bytes += row.body.size();
            return take(row) && bytes < page_bytes;
        });
    if (next_ != first) return {};
    next_ = reader_.next_readable(first, last_);
    if (next_ == first) return {};  // the message has become readable meanwhile
    const std::uint64_t oldest = reader_.first_id();
    return Missing{first, next_ - 1, oldest == 0 || oldest >= next_};
}

}  // namespace belfry::ctl
