#include "base/unix_address.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace belfry::base {
namespace {

UniqueFd new_socket() {
    return UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

void expect_connection_at(const std::filesystem::path& path) {
    const auto address = UnixAddress::of(path);
    ASSERT_TRUE(address);
    const UniqueFd listener = new_socket();
    ASSERT_EQ(::bind(listener.get(), address->data(), UnixAddress::size()), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_TRUE(std::filesystem::is_socket(path));
    const UniqueFd client = new_socket();
    const auto again = UnixAddress::of(path);
    ASSERT_TRUE(again);
    EXPECT_EQ(::connect(client.get(), again->data(), UnixAddress::size()), 0);
}

TEST(UnixAddress, IsThatOfAShortPathAndOfOneThatIsTooLongForAnAddress) {
    const test::TempDir dir;
    expect_connection_at(dir.path() / "short.sock");
    const std::filesystem::path folder = dir.make(std::string(200, 'x'));
    expect_connection_at(folder / "long.sock");
}

TEST(UnixAddress, IsRefusedIfTheFolderIsMissingOrTheNameAloneIsTooLong) {
    const test::TempDir dir;
    const auto folder = dir.make(std::string(200, 'x'));
    EXPECT_FALSE(UnixAddress::of(folder / "missing" / "a.sock"));
    EXPECT_EQ(errno, ENOENT);
    EXPECT_FALSE(UnixAddress::of(folder / std::string(108, 'y')));
    EXPECT_EQ(errno, ENAMETOOLONG);
}

}  // namespace
}  // namespace belfry::base
