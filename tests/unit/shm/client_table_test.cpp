#include "shm/client_table.hpp"

#include "tests/support/scratch_segment.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace belfry::test {
namespace {

using Ids = std::vector<std::string>;

class ClientTable : public SegmentTest {
  protected:
    [[nodiscard]] std::optional<std::uint32_t> row(std::string_view id) {
        return shm::find_client(segment(), id);
    }
};

TEST_F(ClientTable, KnowsTheClientsOfThePlan) {
    ASSERT_TRUE(row("ann"));
    EXPECT_EQ(shm::name_of(segment(), *row("hal")), "hal");
    EXPECT_FALSE(row("zoe"));
    EXPECT_FALSE(row(""));
}

TEST_F(ClientTable, NewClientsTakeSpareRows) {
    const auto ann = row("ann");
    ASSERT_TRUE(shm::set_known_clients(segment(), known(Ids{"ann", "zoe"})));
    EXPECT_EQ(row("ann"), ann);
    EXPECT_EQ(row("zoe"), 8U);
}

TEST_F(ClientTable, ClientsThatAreNotListedMayNotLogIn) {
    ASSERT_TRUE(shm::set_known_clients(segment(), known(Ids{"ann"})));
    EXPECT_FALSE(row("bob"));
    EXPECT_TRUE(row("ann"));
}

TEST_F(ClientTable, AClientThatIsListedAgainKeepsItsRowAndCursor) {
    Sender bob{segment(), 0, "bob"};
    bob.say("one");
    ASSERT_TRUE(bob.session().acknowledge(1));
    const auto before = row("bob");
    ASSERT_TRUE(shm::set_known_clients(segment(), known(Ids{"ann"})));
    ASSERT_TRUE(shm::set_known_clients(segment(), known(Ids{"zoe", "bob"})));
    EXPECT_EQ(row("bob"), before);
    EXPECT_EQ(shm::cursor_of(segment(), *row("bob")), 1U);
    EXPECT_FALSE(row("ann"));
}

TEST_F(ClientTable, MoreClientsThanSpareRowsAreRefusedAndNothingChanges) {
    Ids many;
    for (std::uint32_t i = 0; i < shm::spare_client_rows; ++i) {
        many.push_back("new" + std::to_string(i));
    }
    Ids too_many = many;
    too_many.push_back("one-more");
    EXPECT_FALSE(shm::set_known_clients(segment(), known(too_many)));
    EXPECT_TRUE(row("ann"));
    EXPECT_FALSE(row("new0"));
    EXPECT_TRUE(shm::set_known_clients(segment(), known(many)));
    EXPECT_TRUE(row("new63"));
    EXPECT_FALSE(shm::set_known_clients(segment(), known(Ids{"one-more"})));
}

TEST_F(ClientTable, ARowWhoseNameWasNotWrittenCompletelyIsFree) {
    std::memcpy(segment().client(8).name + 1, "alf-a-name-of-a-killed-one", 26);
    EXPECT_EQ(shm::name_of(segment(), 8), "");
    ASSERT_TRUE(shm::set_known_clients(segment(), known(Ids{"zoe"})));
    EXPECT_EQ(row("zoe"), 8U);
    EXPECT_EQ(shm::name_of(segment(), 8), "zoe");
}

TEST_F(ClientTable, HoldsTheVersionOfEachClientsSecrets) {
    const std::array clients{shm::KnownClient{"ann", 7}, shm::KnownClient{"zoe", 9},
                             shm::KnownClient{"bob"}};
    ASSERT_TRUE(shm::set_known_clients(segment(), clients));
    EXPECT_EQ(segment().client(*row("ann")).secret_version, 7U);
    EXPECT_EQ(segment().client(*row("zoe")).secret_version, 9U);
    EXPECT_EQ(segment().client(*row("bob")).secret_version, 0U);
    ASSERT_TRUE(shm::set_known_clients(segment(), known(Ids{"ann"})));
    EXPECT_EQ(segment().client(*row("ann")).secret_version, 0U);
}

TEST_F(ClientTable, ASessionWhoseClientHasOtherSecretsThanAtItsLoginIsUnwanted) {
    const std::array first{shm::KnownClient{"ann", 7}};
    const std::array second{shm::KnownClient{"ann", 8}};
    ASSERT_TRUE(shm::set_known_clients(segment(), first));
    shm::Session ann = claimed_session(segment(), 0);
    shm::Session::Welcome welcome;
    ASSERT_EQ(ann.login("ann", welcome, 7), shm::Session::LoginResult::welcome);
    EXPECT_FALSE(shm::is_unwanted(segment(), 0));
    ASSERT_TRUE(shm::set_known_clients(segment(), second));
    EXPECT_TRUE(shm::is_unwanted(segment(), 0));
    ASSERT_TRUE(shm::set_known_clients(segment(), first));
    EXPECT_FALSE(shm::is_unwanted(segment(), 0));
}

TEST_F(ClientTable, ALoginWithSecretsThatHaveJustChangedIsRefusedAndTakesOverFromNobody) {
    const std::array clients{shm::KnownClient{"ann", 8}};
    ASSERT_TRUE(shm::set_known_clients(segment(), clients));
    shm::Session::Welcome welcome;
    shm::Session online = claimed_session(segment(), 0);
    ASSERT_EQ(online.login("ann", welcome, 8), shm::Session::LoginResult::welcome);
    shm::Session late = claimed_session(segment(), 1);
    EXPECT_EQ(late.login("ann", welcome, 7), shm::Session::LoginResult::secret_changed);
    EXPECT_EQ(late.login("ann", welcome), shm::Session::LoginResult::secret_changed);
    EXPECT_FALSE(shm::is_logged_in(segment(), 1));
    EXPECT_TRUE(online.is_current());
}

TEST_F(ClientTable, ANameMayFillItsWholeField) {
    const std::string longest(32, 'n');
    ASSERT_TRUE(shm::set_known_clients(segment(), known(Ids{longest})));
    ASSERT_TRUE(row(longest));
    EXPECT_EQ(shm::name_of(segment(), *row(longest)), longest);
}

}  // namespace
}  // namespace belfry::test
