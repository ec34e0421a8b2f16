#include "bench/durable/catch_up.hpp"

#include "bench/support/connection.hpp"
#include "bench/support/frame_counter.hpp"
#include "bench/support/secrets.hpp"
#include "bench/support/wait.hpp"

#include <string>
#include <vector>

namespace belfry::bench {

double catch_up_rate(std::uint16_t port, std::string_view client_id, std::uint64_t messages) {
    std::vector<char> buffer(256 << 10);
    FrameCounter counter;
    Connection connection{port};
    const auto start = Clock::now();
    connection.send(login_line(client_id, "ack=manual"));
    while (counter.messages() < messages) {
        check_interrupt();
        counter.feed(connection.receive(buffer));
    }
    return static_cast<double>(messages) / Seconds{Clock::now() - start}.count();
}

}  // namespace belfry::bench
