#include "tests/support/timings.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace belfry::test {

std::string summary(std::vector<double> times_ms) {
    if (times_ms.empty()) return "no times";
    std::ranges::sort(times_ms);
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << "median " << times_ms[times_ms.size() / 2]
         << " ms, p99 " << times_ms[times_ms.size() * 99 / 100] << " ms, max " << times_ms.back()
         << " ms, n " << times_ms.size();
    return text.str();
}

}  // namespace belfry::test
