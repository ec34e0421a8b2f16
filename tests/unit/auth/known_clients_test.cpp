#include "auth/known_clients.hpp"

#include "auth/digest.hpp"
#include "tests/support/deadline.hpp"
#include "tests/support/forked_child.hpp"
#include "tests/support/secrets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace belfry::test {
namespace {

using auth::KnownClients;
using Ids = std::vector<std::string>;

std::string mistake_in(const Ids& ids, const std::string& text) {
    const ClientsFile file{text};
    try {
        const KnownClients clients{ids, file.path()};
    } catch (const auth::ClientsFileError& error) {
        const std::string what = error.what();
        return what.substr(what.find(file.path().string()) + file.path().string().size());
    }
    return "none";
}

bool is_secret(const KnownClients& clients, std::string_view name, std::string_view text) {
    auth::Secret secret;
    std::ranges::copy(text, secret.room().begin());
    return clients.verify(name, secret);
}

TEST(KnownClients, AreThoseOfTheOptionThenThoseOfTheFile) {
    const ClientsFile file{"ann:" + old_hash + "\n# none\nbob\n"};
    const KnownClients clients{Ids{"2", "1"}, file.path()};
    std::string names;
    for (const auth::Client& client : clients.all()) names += std::string{client.name} + " ";
    EXPECT_EQ(names, "2 1 ann bob ");
    EXPECT_TRUE(clients.has_file());
    EXPECT_EQ(clients.digest(), auth::digest(read_file(file.path())));
    ASSERT_NE(clients.find("ann"), nullptr);
    EXPECT_EQ(clients.find("ann")->hashes[0], old_hash);
    EXPECT_EQ(clients.find("1")->secret_version, 0U);
    EXPECT_EQ(clients.find("zoe"), nullptr);
    EXPECT_EQ(clients.find(""), nullptr);
}

TEST(KnownClients, AFileWhoseSizeChangesWhileItIsReadIsRefused) {
    // The size of this file is 0, but reading yields bytes, as if the file had grown meanwhile.
    try {
        const KnownClients clients{Ids{"1"}, "/proc/sys/kernel/ostype"};
        FAIL() << clients.all().size() << " clients";
    } catch (const auth::ClientsFileError& error) {
        EXPECT_STREQ(error.what(),
                     "cannot read the clients file /proc/sys/kernel/ostype: its size has changed "
                     "meanwhile");
    }
}

TEST(KnownClients, MayHaveNoFileOrAnEmptyOne) {
    const KnownClients without{Ids{"1"}};
    EXPECT_FALSE(without.has_file());
    EXPECT_EQ(without.digest(), 0U);
    EXPECT_NE(without.find("1"), nullptr);
    const ClientsFile file{""};
    const KnownClients empty{Ids{}, file.path()};
    EXPECT_TRUE(empty.has_file());
    EXPECT_TRUE(empty.all().empty());
    EXPECT_FALSE(is_secret(empty, "ann", "open sesame"));
}

TEST(KnownClients, AreVerifiedBySecret) {
    const ClientsFile file{"ann:" + old_hash + "\nbob:" + new_hash + "," + old_hash_of_openssl +
                           "\ncat:*\ndan\n"};
    const KnownClients clients{Ids{"1"}, file.path()};
    EXPECT_TRUE(is_secret(clients, "ann", "open sesame"));
    EXPECT_FALSE(is_secret(clients, "ann", "new sesame"));
    EXPECT_TRUE(is_secret(clients, "bob", "new sesame"));
    EXPECT_TRUE(is_secret(clients, "bob", "open sesame"));
    for (const char* name : {"cat", "dan", "1", "zoe", ""}) {
        for (const char* secret : {"open sesame", "new sesame", "", "*"}) {
            EXPECT_FALSE(is_secret(clients, name, secret)) << name;
        }
    }
}

double time_of(const KnownClients& clients, std::string_view name) {
    const auto start = Clock::now();
    EXPECT_FALSE(is_secret(clients, name, "wrong"));
    return milliseconds_since(start);
}

TEST(KnownClients, AnUnknownOneTakesAsLongAsAKnownOne) {
    const ClientsFile file{"ann:" + old_hash_of_yescrypt + "\nbob\ncat:*\n"};
    const KnownClients clients{Ids{}, file.path()};
    for (const char* name : {"ann", "bob", "cat", "zoe"}) {
        // A hash of yescrypt takes about 1 ms, and a look-up much less than 0.1 ms.
        EXPECT_GT(time_of(clients, name), 0.1) << name;
    }
}

TEST(KnownClients, MayNotBeInTheOptionAndInTheFile) {
    EXPECT_EQ(mistake_in({"1", "ann"}, "bob\n\n # ann\nann:*\n"),
              ", line 4: client ann is also in --client-ids");
    EXPECT_EQ(mistake_in({"1"}, "bob\nbob\n"), ", line 2: client bob is listed twice");
}

TEST(KnownClients, TellWhetherOthersMayReadTheFile) {
    const ClientsFile file{"ann\n"};
    EXPECT_FALSE((KnownClients{Ids{}, file.path()}.others_may_read()));
    ::chmod(file.path().c_str(), 0640);
    EXPECT_FALSE((KnownClients{Ids{}, file.path()}.others_may_read()));
    ::chmod(file.path().c_str(), 0644);
    EXPECT_TRUE((KnownClients{Ids{}, file.path()}.others_may_read()));
    ::chmod(file.path().c_str(), 0646);
    EXPECT_THROW((KnownClients{Ids{}, file.path()}), auth::ClientsFileError);
}

TEST(KnownClients, MayBeReadThroughALink) {
    const ClientsFile file{"ann\n"};
    const TempDir folder;
    std::filesystem::create_symlink(file.path(), folder.path() / "link");
    EXPECT_NE((KnownClients{Ids{}, folder.path() / "link"}.find("ann")), nullptr);
}

TEST(KnownClients, AreInheritedOnlyByTheChildrenThatVerifySecrets) {
    const ClientsFile file{"ann:" + old_hash + "\n"};
    KnownClients clients{Ids{}, file.path()};
    const void* const text = clients.all()[0].name.data();
    ForkedChild other{[&] { return is_mapped(text) ? 1 : 0; }};
    EXPECT_EQ(other.wait(), 0);
    clients.set_inherited(true);
    ForkedChild session{[&] {
        if (!is_mapped(text) || !is_secret(clients, "ann", "open sesame")) return 1;
        clients.forget();
        return is_mapped(text) ? 2 : 0;
    }};
    EXPECT_EQ(session.wait(), 0);
    clients.set_inherited(false);
    ForkedChild last{[&] { return is_mapped(text) ? 1 : 0; }};
    EXPECT_EQ(last.wait(), 0);
}

}  // namespace
}  // namespace belfry::test
