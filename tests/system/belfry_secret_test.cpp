#include "tests/support/certificates.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/running_belfry.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/terminal.hpp"
#include "tests/support/tls_front.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

/// Where belfry's secret comes from, and where it goes. The test plays the server.
namespace belfry::test {
namespace {

using Words = std::vector<std::string>;

/// A file with the secret, which only its owner may read.
struct SecretFile {
    explicit SecretFile(std::string_view contents, mode_t mode = 0600)
        : path{dir.write("secret", contents).string()} {
        ::chmod(path.c_str(), mode);
    }

    TempDir dir;
    std::string path;
};

TEST(BelfrySecret, ComesFromAFileWithoutOneNewlineAtItsEnd) {
    for (const auto& [contents, encoded] : std::vector<std::pair<std::string, std::string>>{
             {"open sesame", "open%20sesame"},
             {"open sesame\n", "open%20sesame"},
             {"a\n\n", "a%0A"},
             {"100%=\xc3\xa9", "100%25%3D%C3%A9"},
             {std::string(256, 'x') + "\n", std::string(256, 'x')}}) {
        const SecretFile file{contents};
        RunningBelfry belfry{{"--secret-file", file.path}};
        EXPECT_EQ(serve_once(belfry.server, belfry.process, "LOGIN 1 ack=manual secret=" + encoded),
                  0);
    }
}

TEST(BelfrySecret, AFileThatOthersMayReadIsRefused) {
    for (const mode_t mode : {0604, 0640, 0644, 0620}) {
        const SecretFile file{"hush", mode};
        const Result result = run(belfry_command(1, {"--secret-file", file.path}));
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.err, "belfry: others than its owner may read " + file.path +
                                  "; run: chmod 600 " + file.path + "\n");
    }
}

TEST(BelfrySecret, AFileWithoutASecretIsRefused) {
    for (const std::string& contents : {std::string{}, std::string{"\n"}, std::string(257, 'x'),
                                        std::string(5000, 'x'), std::string{"a\0b", 3}}) {
        const SecretFile file{contents};
        const Result result = run(belfry_command(1, {"--secret-file", file.path}));
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.err,
                  "belfry: the secret in " + file.path + " must have 1 to 256 bytes without NUL\n");
    }
    const Result result = run(belfry_command(1, {"--secret-file", "/nonexistent/secret"}));
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "belfry: cannot read /nonexistent/secret: No such file or directory\n");
}

TEST(BelfrySecret, ComesFromTheEnvironmentAndIsNotShownThereAfterwards) {
    FakeServer server;
    Invocation command = belfry_command(server.port(), {}, Input::pipe());
    command.environment = {{"BELFRY_SECRET", "hush-hush"}};
    Process belfry{command};
    FakeSession session = server.accept();
    session.expect("LOGIN 1 ack=manual secret=hush-hush");
    const std::string proc = "/proc/" + std::to_string(belfry.pid());
    EXPECT_EQ(read_file(proc + "/environ").find("hush"), std::string::npos);
    EXPECT_NE(read_file(proc + "/environ").find("PATH="), std::string::npos);
    EXPECT_EQ(read_file(proc + "/cmdline").find("hush"), std::string::npos);
    session.say("ERR login-refused - wrong\r\n");
    EXPECT_EQ(belfry.wait(), 3);
    EXPECT_EQ(belfry.err(), "belfry: login refused: login-refused: wrong\n");
}

TEST(BelfrySecret, ANamedFileWinsOverTheEnvironmentWhichWinsOverTheFileThatItNames) {
    const SecretFile file{"of-the-file"};
    FakeServer server;
    Invocation command = belfry_command(server.port(), {"--secret-file", file.path}, Input::pipe());
    command.environment = {{"BELFRY_SECRET", "of-the-variable"}};
    Process named{command};
    EXPECT_EQ(serve_once(server, named, "LOGIN 1 ack=manual secret=of-the-file"), 0);
    command = belfry_command(server.port(), {}, Input::pipe());
    command.environment = {{"BELFRY_SECRET", "of-the-variable"}, {"BELFRY_SECRET_FILE", file.path}};
    Process by_default{command};
    EXPECT_EQ(serve_once(server, by_default, "LOGIN 1 ack=manual secret=of-the-variable"), 0);
}

TEST(BelfrySecret, IsSentAgainAtEachReconnection) {
    const SecretFile file{"hush"};
    RunningBelfry belfry{{"--secret-file", file.path}};
    {
        FakeSession session = belfry.server.accept();
        session.expect("LOGIN 1 ack=manual secret=hush");
        session.say("WELCOME 1 cursor=0 last=0 seq=0 epoch=a1 max-payload=65536\r\n");
        session.reset();
    }
    EXPECT_EQ(serve_once(belfry.server, belfry.process, "LOGIN 1 ack=manual secret=hush"), 0);
}

TEST(BelfrySecret, CannotBeAnArgument) {
    for (const std::string word : {"--secret", "-secret=x"}) {
        EXPECT_EQ(run(belfry_command(1, {word, "x"})).status, 2);
    }
}

TEST(BelfrySecret, IsNotSentToAnotherMachineWithoutTls) {
    const SecretFile file{"hush"};
    // An address for documentation (RFC 5737), which nobody has.
    const Result result =
        run(belfry_command(1, {"--secret-file", file.path, "-server_ip", "192.0.2.1"}));
    EXPECT_EQ(result.status, 4);
    EXPECT_EQ(result.err,
              "belfry: cannot connect to 192.0.2.1 port 1: a secret is sent to another machine "
              "only over TLS\n");
}

TEST(BelfrySecret, IsSentOverTlsOnlyAfterTheServerHasBeenVerified) {
    const Certificates certificates;
    const Certificates others;
    const SecretFile file{"hush"};
    FakeServer server;
    const TlsFront good{{.certificate = certificates.server(), .behind = server.port()}};
    const TlsFront bad{{.certificate = others.server(), .behind = server.port()}};
    const std::string ca = certificates.authority().string();
    const Words words{"--tls-ca", ca, "--secret-file", file.path};
    EXPECT_EQ(run(belfry_command(bad.port(), words)).status, 4);
    server.accept().expect_closed();
    Process belfry{belfry_command(good.port(), words, Input::pipe())};
    EXPECT_EQ(serve_once(server, belfry, "LOGIN 1 ack=manual secret=hush"), 0) << belfry.err();
}

TEST(BelfrySecret, WithoutOneARefusedLoginEndsWhereNobodyCanBeAsked) {
    RunningBelfry belfry;
    FakeSession session = belfry.server.accept();
    session.expect("LOGIN 1 ack=manual");
    session.say("ERR login-refused - wrong\r\n");
    EXPECT_EQ(belfry.process.wait(), 3);
    EXPECT_EQ(belfry.process.err(),
              "belfry: login refused: login-refused: wrong (no secret was given)\n");
}

TEST(BelfrySecret, AServerThatRequiresTlsForASecretEndsTheProgram) {
    const SecretFile file{"hush"};
    RunningBelfry belfry{{"--secret-file", file.path}};
    FakeSession session = belfry.server.accept();
    session.expect("LOGIN 1 ack=manual secret=hush");
    session.say("ERR tls-required - a secret needs TLS\r\n");
    EXPECT_EQ(belfry.process.wait(), 3);
    EXPECT_EQ(belfry.process.err(), "belfry: login refused: tls-required: a secret needs TLS\n");
}

class AskedSecret : public ::testing::Test {
  protected:
    /// Starts belfry, and refuses its login without a secret.
    Terminal& be_asked() {
        terminal_.emplace(belfry_command(server_.port()));
        FakeSession session = server_.accept();
        session.expect("LOGIN 1 ack=manual presence=on");
        session.say("ERR login-refused - wrong\r\n");
        terminal_->expect("Secret of 1:");
        return *terminal_;
    }

    FakeServer server_;
    std::optional<Terminal> terminal_;
};

TEST_F(AskedSecret, IsTypedWithoutAnEchoAfterTheServerHasRefusedALogin) {
    Terminal& terminal = be_asked();
    terminal.enter("hush hush");
    FakeSession session = server_.accept();
    session.expect("LOGIN 1 ack=manual presence=on secret=hush%20hush");
    session.say("WELCOME 1 cursor=0 last=0 seq=0 epoch=a1 max-payload=65536\r\nLIVE 0\r\n");
    terminal.expect("1>");
    terminal.type("hello");
    terminal.expect("1> hello");
    terminal.press({"Enter"});
    std::string line = session.line();
    while (!line.starts_with("SEND")) line = session.line();
    EXPECT_EQ(line, "SEND 1 5");
    EXPECT_EQ(terminal.written().find("hush"), std::string::npos);
}

TEST_F(AskedSecret, AWrongOneEndsTheProgram) {
    Terminal& terminal = be_asked();
    terminal.enter("wrong");
    FakeSession session = server_.accept();
    session.expect("LOGIN 1 ack=manual presence=on secret=wrong");
    session.say("ERR login-refused - wrong\r\n");
    EXPECT_EQ(terminal.wait(), 3);
    EXPECT_TRUE(terminal.has_its_modes_back());
}

TEST_F(AskedSecret, CtrlCAtTheQuestionEndsTheProgram) {
    Terminal& terminal = be_asked();
    terminal.press({"C-c"});
    EXPECT_EQ(terminal.wait(), 130);
    EXPECT_TRUE(terminal.has_its_modes_back());
}

}  // namespace
}  // namespace belfry::test
