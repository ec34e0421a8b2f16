#include "terminal/user_files.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/variable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>

namespace belfry::terminal {
namespace {

using Lines = std::vector<std::string>;

TEST(ClientHistoryFile, KeepsTypedLines) {
    const test::TempDir folder;
    const HistoryFile history{(folder.path() / "a/b/history").string()};
    EXPECT_EQ(history.load(), Lines{});
    history.append("one");
    history.append("two é漢");
    EXPECT_EQ(history.load(), (Lines{"one", "two é漢"}));
}

TEST(ClientHistoryFile, IsMadeReadableByItsOwnerAlone) {
    const test::TempDir folder;
    const auto path = folder.write("history", "one\n");
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    HistoryFile{path.string()}.append("two");
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST(ClientHistoryFile, IsCutToTheLastLinesWhenItHasGrown) {
    const test::TempDir folder;
    std::string text;
    for (int number = 1; number <= 2100; ++number) text += std::to_string(number) + "\n";
    const auto path = folder.write("history", text);
    const HistoryFile history{path.string()};
    const auto lines = history.load();
    ASSERT_EQ(lines.size(), 1000U);
    EXPECT_EQ(lines.front(), "1101");
    EXPECT_EQ(lines.back(), "2100");
    EXPECT_TRUE(test::read_file(path).starts_with("1101\n"));
}

TEST(ClientHistoryFile, IsOptionalIfItCannotBeCreated) {
    for (const auto* path : {"", "/proc/nowhere/history", "/dev/null/history"}) {
        const HistoryFile history{path};
        history.append("one");
        EXPECT_EQ(history.load(), Lines{}) << path;
    }
}

TEST(ClientHistoryFile, DoesNotTouchAPipe) {
    const test::TempDir folder;
    const auto fifo = folder.path() / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0644), 0);
    ASSERT_EQ(::chmod(fifo.c_str(), 0644), 0);
    // A reader is open, so that a write to the pipe would succeed.
    const base::UniqueFd reader{::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    const auto link = folder.path() / "history";
    std::filesystem::create_symlink(fifo, link);
    const HistoryFile history{link.string()};
    EXPECT_EQ(history.load(), Lines{});
    history.append("one");
    struct stat status {};
    ASSERT_EQ(::stat(fifo.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0644U);
    char byte{};
    EXPECT_LE(::read(reader.get(), &byte, 1), 0) << "nothing was written";
}

TEST(ClientXdg, TheUsersFilesAreWhereTheXdgSpecificationPutsThem) {
    const test::Variable home{"HOME", "/home/me"};
    const test::Variable config{"XDG_CONFIG_HOME", std::nullopt};
    const test::Variable state{"XDG_STATE_HOME", "relative"};
    EXPECT_EQ(config_path(), "/home/me/.config/belfry.conf");
    EXPECT_EQ(history_path(), "/home/me/.local/state/belfry/history");
    config.set("/c");
    state.set("/s");
    EXPECT_EQ(config_path(), "/c/belfry.conf");
    EXPECT_EQ(history_path(), "/s/belfry/history");
    config.set("");
    state.set(std::nullopt);
    home.set(std::nullopt);
    EXPECT_EQ(config_path(), "");
    EXPECT_EQ(history_path(), "");
}

}  // namespace
}  // namespace belfry::terminal
