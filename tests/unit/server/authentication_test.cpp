#include "server/authentication.hpp"

#include "tests/support/scratch_segment.hpp"
#include "tests/support/secrets.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace belfry::test {
namespace {

using wire::ErrorCode;

const base::Endpoint loopback{.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1},
                              .port = 1};
const base::Endpoint far_away{.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7},
                              .port = 1};

/// What a session would inherit.
class AuthenticationTest : public SegmentTest {
  protected:
    void use_file(const std::string& text) {
        file_.emplace(text);
        clients_.emplace(std::vector<std::string>{"1"}, file_->path());
        heritage_.clients = &*clients_;
    }

    /// @param secret as it stands on the line
    server::Authentication authenticate(std::string_view client_id,
                                        std::optional<std::string_view> secret = {}) {
        return server::authenticate(heritage_, {.client_id = client_id, .secret = secret});
    }

    std::optional<ErrorCode> refusal(std::string_view client_id,
                                     std::optional<std::string_view> secret = {}) {
        use_file("ann:" + old_hash + "\nbob\ndan:*\n");
        return authenticate(client_id, secret).refusal;
    }

    std::optional<ClientsFile> file_;
    std::optional<auth::KnownClients> clients_;
    std::filesystem::path data_dir_;
    server::Heritage heritage_{.segment = segment(),
                               .data_dir = data_dir_,
                               .slot = {},
                               .socket = {},
                               .login_deadline = {},
                               .peer = {.endpoint = loopback}};
};

constexpr std::optional<ErrorCode> welcome{};

TEST_F(AuthenticationTest, NeedsTheSecretOfTheClient) {
    EXPECT_EQ(refusal("ann", old_secret), welcome);
    EXPECT_EQ(refusal("ann", new_secret), ErrorCode::login_refused);
    EXPECT_EQ(refusal("ann"), ErrorCode::login_refused);
    EXPECT_EQ(refusal("zoe", old_secret), ErrorCode::login_refused);
    EXPECT_EQ(refusal("dan", old_secret), ErrorCode::login_refused);
    EXPECT_EQ(refusal("bob"), welcome);
    EXPECT_EQ(refusal("1", "any"), welcome);
}

TEST_F(AuthenticationTest, ReturnsTheVersionOfTheSecrets) {
    const std::string text = "ann:" + old_hash + "\nbob\n";
    use_file(text);
    EXPECT_EQ(authenticate("ann", old_secret).secret_version,
              auth::parse_clients(text, "")[0].secret_version);
    use_file(text);
    EXPECT_EQ(authenticate("bob").secret_version, 0U);
}

TEST_F(AuthenticationTest, TakesACertificateInPlaceOfASecret) {
    heritage_.peer = {.endpoint = far_away, .transport = shm::Transport::tls};
    heritage_.is_confidential = true;
    heritage_.certificate_name = "ann";
    EXPECT_EQ(refusal("ann"), welcome);
    EXPECT_EQ(refusal("ann", new_secret), welcome);
    EXPECT_EQ(refusal("dan"), ErrorCode::login_refused);
    EXPECT_EQ(refusal("bob"), welcome);
    heritage_.certificate_name = "dan";
    EXPECT_EQ(refusal("dan"), welcome);
    EXPECT_EQ(refusal("ann"), ErrorCode::login_refused);
    EXPECT_EQ(refusal("ann", old_secret), welcome);
    heritage_.certificate_name = "zoe";
    EXPECT_EQ(refusal("zoe"), ErrorCode::login_refused);
    EXPECT_EQ(refusal("dan"), ErrorCode::login_refused);
}

TEST_F(AuthenticationTest, RefusesASecretThatOthersMayHaveRead) {
    heritage_.peer = {.endpoint = far_away};
    EXPECT_EQ(refusal("ann", old_secret), ErrorCode::tls_required);
    EXPECT_EQ(refusal("zoe", old_secret), ErrorCode::tls_required);
    EXPECT_EQ(refusal("bob", "any"), ErrorCode::tls_required);
    EXPECT_EQ(refusal("ann"), ErrorCode::login_refused);
    EXPECT_EQ(refusal("bob"), welcome);
    heritage_.peer = {};  // not known
    EXPECT_EQ(refusal("ann", old_secret), ErrorCode::tls_required);
    for (const auto transport : {shm::Transport::tls, shm::Transport::web}) {
        heritage_.peer = {.endpoint = far_away, .transport = transport};
        heritage_.is_confidential = true;
        EXPECT_EQ(refusal("ann", old_secret), welcome);
        heritage_.is_confidential = false;
        EXPECT_EQ(refusal("ann", old_secret), ErrorCode::tls_required);
    }
}

TEST_F(AuthenticationTest, AsksNobodyWithoutAClientsFile) {
    EXPECT_EQ(authenticate("zoe", old_secret).refusal, welcome);
    EXPECT_FALSE(server::asks_for_secrets(heritage_));
    clients_.emplace(std::vector<std::string>{"1"});
    heritage_.clients = &*clients_;
    EXPECT_EQ(authenticate("zoe").refusal, welcome);
    EXPECT_FALSE(server::asks_for_secrets(heritage_));
    heritage_.peer = {.endpoint = far_away};
    EXPECT_EQ(authenticate("1", old_secret).refusal, ErrorCode::tls_required);
}

TEST_F(AuthenticationTest, KeepsNoSecretOfAnyClient) {
    use_file("ann:" + old_hash + "\n");
    const void* const text = clients_->all()[0].name.data();
    ASSERT_TRUE(is_mapped(text));
    EXPECT_EQ(authenticate("ann", old_secret).refusal, welcome);
    EXPECT_TRUE(server::asks_for_secrets(heritage_));
    EXPECT_FALSE(is_mapped(text));
}

}  // namespace
}  // namespace belfry::test
