#include "shm/data_directory.hpp"

#include "tests/support/forked_child.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>

namespace belfry::test {
namespace {

namespace fs = std::filesystem;

class DataDirectory : public ::testing::Test {
  protected:
    [[nodiscard]] const fs::path& path() const { return directory_.path(); }

    /// Locks the directory in another process. Returns an empty string, or the error message if the
    /// lock is refused.
    [[nodiscard]] std::string lock_elsewhere() {
        struct Answer {
            char text[512];
        };
        Shared<Answer> answer;
        ForkedChild child{[&] {
            try {
                const shm::DataDirectoryLock lock{path()};
            } catch (const shm::DataDirectoryError& error) {
                std::strncpy(answer->text, error.what(), sizeof answer->text - 1);
            }
            return 0;
        }};
        if (child.wait() != 0) throw Failure{"the child has failed"};
        return answer->text;
    }

    TempDir directory_;
};

TEST_F(DataDirectory, IsMadeAccessibleToItsOwnerAlone) {
    shm::make_data_directory(path() / "a" / "b");
    EXPECT_EQ(fs::status(path() / "a" / "b").permissions(), fs::perms::owner_all);
}

TEST_F(DataDirectory, IsNeverOpenToOthersWhileItIsMade) {
    const mode_t old = ::umask(0);
    shm::make_data_directory(path() / "new" / "");
    ::umask(old);
    EXPECT_EQ(fs::status(path() / "new").permissions(), fs::perms::owner_all);
}

TEST_F(DataDirectory, IsSafeIfOnlyItsOwnerMayWriteToIt) {
    for (const auto mode : {fs::perms{0700}, fs::perms{0755}, fs::perms{0500}}) {
        fs::permissions(path(), mode);
        EXPECT_NO_THROW(shm::require_safe(path()));
    }
    EXPECT_NO_THROW(shm::require_safe("/")) << "it belongs to root";
    EXPECT_NO_THROW(shm::require_safe(path() / "none"));
}

TEST_F(DataDirectory, IsNotSafeIfItCannotBeInspected) {
    fs::create_symlink("loop", path() / "loop");
    EXPECT_THROW(shm::require_safe(path() / "loop"), shm::DataDirectoryError);
    EXPECT_THROW(shm::require_safe(directory_.write("file", "") / "below"),
                 shm::DataDirectoryError);
}

TEST_F(DataDirectory, IsNotSafeIfOthersMayWriteToIt) {
    for (const auto mode : {fs::perms{0720}, fs::perms{0702}, fs::perms{01777}}) {
        fs::permissions(path(), mode);
        EXPECT_THROW(shm::require_safe(path()), shm::DataDirectoryUnsafe);
    }
}

TEST_F(DataDirectory, AnExistingDirectoryIsNotChanged) {
    fs::permissions(path(), fs::perms::owner_all | fs::perms::group_read);
    shm::make_data_directory(path());
    EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_all | fs::perms::group_read);
}

TEST_F(DataDirectory, CannotBeAFileOrLieBelowOne) {
    const fs::path file = directory_.write("file", "");
    EXPECT_THROW(shm::make_data_directory(file), shm::DataDirectoryError);
    EXPECT_THROW(shm::make_data_directory(file / "below"), shm::DataDirectoryError);
    EXPECT_THROW(shm::DataDirectoryLock{file}, shm::DataDirectoryError);
    EXPECT_THROW((void)shm::hold_alive(file), shm::DataDirectoryError);
}

TEST_F(DataDirectory, DoesNotOpenALinkAPipeOrADirectoryAsALockFile) {
    const fs::path target = path() / "target";
    for (const char* name : {"lock", "alive"}) {
        const auto open = [&] {
            if (std::string_view{name} == "lock") {
                const shm::DataDirectoryLock lock{path()};
            } else {
                static_cast<void>(shm::hold_alive(path()));
            }
        };
        fs::create_symlink(target, path() / name);
        EXPECT_THROW(open(), shm::DataDirectoryError);
        EXPECT_FALSE(shm::anybody_alive(path()));
        EXPECT_FALSE(fs::exists(target));
        fs::remove(path() / name);
        ASSERT_EQ(::mkfifo((path() / name).c_str(), S_IRUSR | S_IWUSR), 0);
        EXPECT_THROW(open(), shm::DataDirectoryError);
        EXPECT_FALSE(shm::anybody_alive(path()));
        fs::remove(path() / name);
        fs::create_directory(path() / name);
        EXPECT_THROW(open(), shm::DataDirectoryError);
        fs::remove(path() / name);
    }
}

TEST_F(DataDirectory, CanBeLockedByOneProcessOnly) {
    const shm::DataDirectoryLock lock{path()};
    const std::string message = lock_elsewhere();
    EXPECT_NE(message.find(path().string()), std::string::npos) << message;
    EXPECT_NE(message.find("in use"), std::string::npos) << message;
    EXPECT_NE(message.find(std::to_string(::getpid())), std::string::npos) << message;
}

TEST_F(DataDirectory, IsUnlockedWhenTheLockIsDestroyed) {
    { const shm::DataDirectoryLock lock{path()}; }
    EXPECT_EQ(lock_elsewhere(), "");
}

TEST_F(DataDirectory, IsUnlockedWhenTheHolderDies) {
    Shared<std::atomic<bool>> locked;
    ForkedChild holder{[&] {
        const shm::DataDirectoryLock lock{path()};
        *locked = true;
        return ::pause();
    }};
    ASSERT_TRUE(eventually([&] { return locked->load(); }));
    EXPECT_NE(lock_elsewhere(), "");
    holder.kill();
    EXPECT_EQ(lock_elsewhere(), "");
}

TEST_F(DataDirectory, IsNotAliveAtFirst) {
    EXPECT_FALSE(shm::anybody_alive(path()));
    EXPECT_FALSE(shm::anybody_alive(path() / "none"));
}

TEST_F(DataDirectory, IsAliveAsLongAsAnyChildRuns) {
    base::UniqueFd alive = shm::hold_alive(path());
    ForkedChild child{[] { return ::pause(); }};
    EXPECT_TRUE(shm::anybody_alive(path()));
    alive.reset();
    EXPECT_TRUE(shm::anybody_alive(path()));
    child.kill();
    EXPECT_FALSE(shm::anybody_alive(path()));
}

TEST_F(DataDirectory, SeveralProcessesMayKeepADataDirectoryAlive) {
    base::UniqueFd one = shm::hold_alive(path());
    const base::UniqueFd two = shm::hold_alive(path());
    one.reset();
    EXPECT_TRUE(shm::anybody_alive(path()));
}

}  // namespace
}  // namespace belfry::test
