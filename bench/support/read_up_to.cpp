#include "bench/support/read_up_to.hpp"

#include "tests/support/failure.hpp"

#include <array>
#include <string>

namespace belfry::bench {

void read_up_to(const Connection& connection, std::string_view beginning) {
    std::array<char, 8192> buffer{};
    std::string text;
    while (true) {
        text += connection.receive(buffer);
        if (!text.ends_with('\n')) continue;
        const std::size_t before_last = text.rfind('\n', text.size() - 2);
        const std::size_t last = before_last == std::string::npos ? 0 : before_last + 1;
        if (text.compare(last, beginning.size(), beginning) == 0) return;
        if (text.starts_with("ERR ") || text.starts_with("-ERR")) throw test::Failure(text);
    }
}

}  // namespace belfry::bench
