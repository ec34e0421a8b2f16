#include "client/backoff.hpp"

#include <algorithm>

namespace belfry::client {

base::Duration Backoff::next() {
    std::uniform_int_distribution<std::chrono::milliseconds::rep> between{longest_.count() / 2,
                                                                          longest_.count()};
    const std::chrono::milliseconds wait{between(random_)};
    longest_ = std::min(longest_ * 2, last);
    return wait;
}

}  // namespace belfry::client
