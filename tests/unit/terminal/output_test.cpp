#include "terminal/output.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace belfry::terminal {
namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) throw std::runtime_error{"pipe"};
        reader = base::UniqueFd{ends[0]};
        writer = base::UniqueFd{ends[1]};
        ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
    }

    std::string read_all() const {
        std::string text;
        std::array<char, 65536> buffer;
        for (;;) {
            const auto n = ::read(reader.get(), buffer.data(), buffer.size());
            if (n <= 0) return text;
            text.append(buffer.data(), static_cast<std::size_t>(n));
        }
    }

    base::UniqueFd reader;
    base::UniqueFd writer;
};

TEST(ClientOutput, WritesAsMuchAsAPipeTakesAndNeverBlocks) {
    const Pipe pipe;
    Output output{pipe.writer.get()};
    std::string all;
    for (int i = 0; all.size() < 1'000'000; ++i) all += std::to_string(i) + "\n";
    output.text() = all;
    std::string got;
    ASSERT_TRUE(output.write());
    EXPECT_FALSE(output.is_written());
    EXPECT_EQ(output.poll_fd(), pipe.writer.get());
    while (!output.is_written()) {
        got += pipe.read_all();
        ASSERT_TRUE(output.write());
    }
    got += pipe.read_all();
    EXPECT_EQ(got, all);
    EXPECT_EQ(output.poll_fd(), -1);
}

TEST(ClientOutput, ReportsThatTheReaderIsGone) {
    ::signal(SIGPIPE, SIG_IGN);
    Pipe pipe;
    Output output{pipe.writer.get()};
    pipe.reader = base::UniqueFd{-1};
    output.text() = "x";
    EXPECT_FALSE(output.write());
    EXPECT_EQ(errno, EPIPE);
}

TEST(ClientOutput, APipeIsNotATerminal) {
    const Pipe pipe;
    EXPECT_FALSE(Output{pipe.writer.get()}.is_terminal());
}

}  // namespace
}  // namespace belfry::terminal
