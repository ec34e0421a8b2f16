#include "base/unique_fd.hpp"
#include "tests/support/belfryctl.hpp"
#include "tests/support/server.hpp"
#include "tests/support/terminal.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include <gtest/gtest.h>

#include <array>
#include <string>

/// `belfryctl top` on a terminal.
namespace belfry::test {
namespace {

constexpr TerminalSize wide{150, 30};

/// Runs `belfryctl top` without LeakSanitizer: ncurses never frees its memory, and LeakSanitizer
/// hangs at the end of a program whose terminal is gone.
Invocation top_of(const Server& server) {
    return {"/usr/bin/env",
            {"ASAN_OPTIONS=detect_leaks=0", program("belfryctl").string(), "--data-dir",
             server.data_dir().string(), "top"}};
}

/// The client-ids in the order in which the screen shows them.
std::string clients_on(const Terminal& terminal) {
    std::string ids;
    for (const std::string& line : terminal.rows()) {
        const std::string word = line.substr(0, line.find(' '));
        if (word == "ann" || word == "bob" || word == "cat") ids += word[0];
    }
    return ids;
}

TEST(Top, UpdatesWhileTheServerRunsAndQuitsWithQ) {
    const Server server{{.client_ids = "ann,bob,cat"}};
    Terminal terminal{top_of(server), wide};
    terminal.expect("0 of at most 1024 online");
    RawClient ann = server.log_in("ann");
    terminal.expect("1 of at most 1024 online");
    ann.send("SAY hello\r\n");
    terminal.expect("messages 1 to 1");
    terminal.expect("sort:");
    terminal.press({"q"});
    EXPECT_EQ(terminal.wait(), 0);
    terminal.expect_gone("sort:");  // the screen is restored
}

TEST(Top, SortsByTheColumnOfThePressedKey) {
    const Server server{{.client_ids = "cat,ann,bob"}};
    RawClient bob = server.log_in("bob");
    bob.send("SAY a message of bob\r\n");
    bob.read_until_id(1);
    Terminal terminal{top_of(server), wide};
    const auto shows = [&terminal](const std::string& order) {
        EXPECT_TRUE(eventually([&] { return clients_on(terminal) == order; }))
            << order << " is not shown:\n"
            << terminal.screen();
    };
    shows("cab");  // in the order of --client-ids
    terminal.press({"c"});
    shows("abc");
    terminal.press({"r"});
    shows("cba");
    terminal.press({"i"});
    shows("bac");
    terminal.press({"b"});
    shows("acb");
}

TEST(Top, AdaptsToTheSizeOfTheTerminal) {
    const Server server{{.client_ids = "ann,bob,cat"}};
    Terminal terminal{top_of(server), wide};
    terminal.expect("cat ");
    terminal.resize({40, 17});
    EXPECT_TRUE(eventually([&] { return clients_on(terminal) == "a"; })) << terminal.screen();
    terminal.press({"Down"});
    EXPECT_TRUE(eventually([&] { return clients_on(terminal) == "b"; })) << terminal.screen();
    terminal.resize(wide);
    EXPECT_TRUE(eventually([&] { return clients_on(terminal) == "abc"; })) << terminal.screen();
}

TEST(Top, KeepsRunningAfterTheServerStops) {
    Server server;
    Terminal terminal{top_of(server), wide};
    terminal.expect("server      up");
    EXPECT_EQ(server.stop(), 0);
    terminal.expect("no server segment in");
    server.start();
    terminal.expect("server      up");
    terminal.press({"C-c"});
    EXPECT_EQ(terminal.wait(), 0);
}

TEST(Top, RestoresTheScreenAfterTheQuitKeyOfTheTerminal) {
    const Server server;
    Terminal terminal{top_of(server), wide};
    terminal.expect("server      up");
    terminal.expect("sort:");
    terminal.press({"C-\\"});
    EXPECT_EQ(terminal.wait(), 0);
    terminal.expect_gone("sort:");
}

TEST(Top, ExitsIfItsTerminalHangsUpWithoutASignal) {
    const Server server;
    base::UniqueFd terminal{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)};
    ASSERT_TRUE(terminal);
    std::array<char, 4096> bytes{};
    ASSERT_EQ(::unlockpt(terminal.get()), 0);
    ASSERT_EQ(::ptsname_r(terminal.get(), bytes.data(), bytes.size()), 0);
    // The process leads no session, so the terminal does not control it and sends it no SIGHUP.
    Process top = on_file(bytes.data(), "<> \"$file\" >&0", top_of(server));
    std::string seen;
    ASSERT_TRUE(eventually([&] {
        const ssize_t length = ::read(terminal.get(), bytes.data(), bytes.size());
        if (length > 0) seen.append(bytes.data(), static_cast<std::size_t>(length));
        return has(seen, "sort:");
    })) << top.err();
    EXPECT_TRUE(top.is_running());
    terminal.reset();
    EXPECT_EQ(top.wait(), 0) << top.err();
}

TEST(Top, ReportsInOneLineThatItNeedsATerminal) {
    const Server server;
    const Result result = server.belfryctl({"top"});
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "belfryctl: top requires a terminal\n");
    EXPECT_EQ(result.out, "");
}

TEST(Top, ReportsAnUnknownTerminal) {
    const Server server;
    Invocation command = top_of(server);
    command.arguments.insert(command.arguments.begin(), "TERM=no-such-one");
    const Terminal terminal{command, wide};
    terminal.expect("belfryctl: top does not know the terminal type TERM=no-such-one");
    EXPECT_EQ(terminal.wait(), 2);
}

}  // namespace
}  // namespace belfry::test
