#include "gate/plain_stream.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/failure.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>

namespace belfry::gate {
namespace {

TEST(PlainStream, TellsAgainThatItsClientIsReset) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw test::system_failure("socketpair");
    }
    base::UniqueFd client{ends[0]};
    boost::asio::io_context loop;
    PlainStream stream{{loop, boost::asio::ip::tcp::v4(), ends[1]}};
    ASSERT_EQ(::send(ends[1], "x", 1, 0), 1);
    client.reset();  // with a byte that was not read, so the connection is reset
    std::array<char, 10> bytes;
    EXPECT_EQ(stream.read(bytes.data(), bytes.size()).outcome, Outcome::failed);
    EXPECT_EQ(stream.read(bytes.data(), bytes.size()).outcome, Outcome::failed);
}

}  // namespace
}  // namespace belfry::gate
