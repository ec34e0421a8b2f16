#include "tests/support/deadline.hpp"

#include <algorithm>
#include <cstdlib>

namespace belfry::test {

double slowness() {
    static const double factor = [] {
        const char* text = std::getenv("BELFRY_TEST_SLOW");
        return std::max(1.0, text == nullptr ? 1.0 : std::strtod(text, nullptr));
    }();
    return factor;
}

Milliseconds scaled(Milliseconds duration) {
    return std::chrono::duration_cast<Milliseconds>(duration * slowness());
}

int Deadline::remaining_ms() const {
    const auto left = std::chrono::ceil<Milliseconds>(end_ - Clock::now());
    return static_cast<int>(std::max<Milliseconds::rep>(0, left.count()));
}

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace belfry::test
