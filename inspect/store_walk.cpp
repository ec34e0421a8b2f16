#include "inspect/store_walk.hpp"

#include <algorithm>

namespace belfry::inspect {
namespace {

constexpr std::uint64_t page_rows = 10'000;

}  // namespace

std::optional<StoreWalk::Missing> StoreWalk::read_page(const store::StoreReader::Take& take) {
    const std::uint64_t first = next_;
    next_ = reader_.read(first, std::min(last_, first + page_rows - 1), take);
    if (next_ != first) return {};
    next_ = reader_.next_readable(first, last_);
    if (next_ == first) return {};  // it can be read by now
    const std::uint64_t oldest = reader_.first_id();
    return Missing{first, next_ - 1, oldest == 0 || oldest >= next_};
}

}  // namespace belfry::inspect
