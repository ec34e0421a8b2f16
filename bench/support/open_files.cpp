#include "bench/support/open_files.hpp"

#include <sys/resource.h>

namespace belfry::bench {

void raise_open_files() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace belfry::bench
