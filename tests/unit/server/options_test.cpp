#include "server/options.hpp"

#include "cli/command_line.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace belfry::test {
namespace {

using Words = std::vector<const char*>;

server::Options options_of(const Words& words) {
    return server::read_options({words.begin(), words.end()}).value();
}

/// Returns the error message for these options, which are added to valid ones; empty if there is
/// none.
std::string complaint(Words words) {
    words.insert(words.begin(), {"-client_ids", "1,2"});
    try {
        (void)options_of(words);
    } catch (const cli::UsageError& error) {
        return error.what();
    }
    return "";
}

/// Expects that the value is refused with an error of one line that names the option and the value.
void expect_refused(const char* option, const char* value) {
    const std::string text = complaint({option, value});
    EXPECT_NE(text.find(option), std::string::npos) << option << ' ' << value << ": " << text;
    EXPECT_NE(text.find(value), std::string::npos) << option << ' ' << value << ": " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
}

TEST(BelfrydOptions, HaveDefaults) {
    const server::Options options = options_of({"-client_ids", "1,2,3"});
    EXPECT_EQ(options.client_ids, (std::vector<std::string>{"1", "2", "3"}));
    EXPECT_EQ(options.listen, "127.0.0.1");
    EXPECT_EQ(options.port, 5000);
    EXPECT_FALSE(options.port_file);
    EXPECT_EQ(options.data_dir, "belfry-data");
    EXPECT_EQ(options.durability, shm::Durability::commit);
    EXPECT_EQ(options.ring_bytes, 64ULL << 20);
    EXPECT_EQ(options.max_clients, 1024U);
    EXPECT_EQ(options.max_payload, 64U << 10);
    EXPECT_FALSE(options.check);
}

TEST(BelfrydOptions, AreReadAsGiven) {
    const server::Options options =
        options_of({"--client-ids=a.B_c-9", "--port", "0", "--port-file", "p", "-listen", "::1",
                    "-data_dir", "d", "--durability", "memory", "--ring-size", "1G",
                    "--max-clients", "1", "--max-payload", "16M", "--check"});
    EXPECT_EQ(options.client_ids, std::vector<std::string>{"a.B_c-9"});
    EXPECT_EQ(options.listen, "::1");
    EXPECT_EQ(options.port, 0);
    EXPECT_EQ(options.port_file, "p");
    EXPECT_EQ(options.data_dir, "d");
    EXPECT_EQ(options.ring_bytes, 1ULL << 30);
    EXPECT_EQ(options.max_clients, 1U);
    EXPECT_EQ(options.max_payload, 16U << 20);
    EXPECT_TRUE(options.check);
}

TEST(BelfrydOptions, AcceptEveryDurability) {
    for (const auto& [word, durability] :
         {std::pair{"commit", shm::Durability::commit}, std::pair{"async", shm::Durability::async},
          std::pair{"memory", shm::Durability::memory}}) {
        EXPECT_EQ(options_of({"-client_ids", "1", "--durability", word}).durability, durability);
    }
}

TEST(BelfrydOptions, SetTheRetentionLimits) {
    const server::Options options =
        options_of({"-client_ids", "1", "--keep-messages", "100", "--keep_days", "7"});
    EXPECT_EQ(options.keep_messages, 100U);
    EXPECT_EQ(options.keep_days, 7U);
    for (const char* wrong : {"0", "-1", "x", ""}) {
        EXPECT_NE(complaint({"--keep-messages", wrong}), "") << wrong;
        EXPECT_NE(complaint({"--keep-days", wrong}), "") << wrong;
    }
    EXPECT_NE(complaint({"--keep-days", "7", "--durability", "memory"}), "");
}

TEST(BelfrydOptions, AreReadFromAFileToo) {
    const TempDir directory;
    const auto file = directory.write("config", "client_ids = x,y\nport = 7\n");
    const server::Options options = options_of({"--config", file.c_str(), "--port", "8"});
    EXPECT_EQ(options.client_ids, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(options.port, 8);
}

TEST(BelfrydOptions, NeedClientIds) {
    EXPECT_THROW(options_of({}), cli::UsageError);
}

TEST(BelfrydOptions, NeedNoClientIdsIfThereIsAClientsFile) {
    const ClientsFile file{"ann\nbob\n"};
    const server::Options options = options_of({"--clients", file.path().c_str()});
    EXPECT_TRUE(options.client_ids.empty());
    EXPECT_EQ(options.clients_file, file.path());
    EXPECT_EQ(server::read_clients(options).all().size(), 2U);
    EXPECT_EQ(
        server::read_clients(options_of({"-client_ids", "1", "--clients", file.path().c_str()}))
            .all()
            .size(),
        3U);
    EXPECT_THROW(static_cast<void>(server::read_clients(
                     options_of({"-client_ids", "ann", "--clients", file.path().c_str()}))),
                 cli::UsageError);
}

TEST(BelfrydOptions, RefuseInvalidClientIds) {
    for (const char* ids : {"", ",", "1,", ",1", "1,,2", "1, 2", "a/b", "1,2,1",
                            "123456789012345678901234567890123"}) {
        EXPECT_THROW(options_of({"--client-ids", ids}), cli::UsageError) << ids;
    }
}

TEST(BelfrydOptions, RefuseInvalidValues) {
    for (const char* port : {"-1", "65536", "x", "5000x", "0x10", "99999999999999999999"}) {
        expect_refused("--port", port);
    }
    for (const char* address : {"localhost", "1.2.3", "1.2.3.4.5", "::1::"}) {
        expect_refused("--listen", address);
    }
    expect_refused("--durability", "tape");
    for (const char* size : {"0", "1K", "65535", "2048G", "64Q", "M"}) {
        expect_refused("--ring-size", size);
    }
    for (const char* clients : {"0", "100001", "many"}) expect_refused("--max-clients", clients);
    for (const char* payload : {"0", "17M", "x"}) expect_refused("--max-payload", payload);
}

TEST(BelfrydOptions, RefuseEmptyValues) {
    EXPECT_NE(complaint({"--port="}), "");
    EXPECT_NE(complaint({"--data-dir", ""}), "");
    EXPECT_NE(complaint({"--listen", ""}), "");
}

TEST(BelfrydOptions, LimitThePayloadToAnEighthOfTheRing) {
    EXPECT_EQ(complaint({"--ring-size", "64K", "--max-payload", "8K"}), "");
    EXPECT_NE(complaint({"--ring-size", "64K", "--max-payload", "8193"}), "");
    EXPECT_NE(complaint({"--ring-size", "64K"}), "") << "the default payload is too large for it";
}

TEST(BelfrydOptions, RefusePositionalArguments) {
    EXPECT_EQ(complaint({"hello"}), "unexpected argument 'hello'");
}

TEST(BelfrydOptions, RefuseUnknownOptions) {
    EXPECT_EQ(complaint({"--colour", "red"}), "unknown option --colour");
}

TEST(BelfrydOptions, PrintHelpAndVersion) {
    for (const char* option : {"-help", "--version"}) {
        const Words words{option};
        ::testing::internal::CaptureStdout();
        EXPECT_FALSE(server::read_options({words.begin(), words.end()}));
        EXPECT_NE(::testing::internal::GetCapturedStdout().find("belfryd"), std::string::npos);
    }
}

TEST(BelfrydOptions, ATlsPortNeedsACertificateAndAKey) {
    EXPECT_FALSE(options_of({"-client_ids", "1"}).gate);
    const auto all = options_of({"-client_ids", "1", "--listen", "::1", "--tls-port", "0",
                                 "--tls-cert", "c", "-tls_key", "k"});
    ASSERT_TRUE(all.gate && all.gate->tls);
    EXPECT_EQ(all.gate->tls->port, 0);
    EXPECT_EQ(all.gate->tls->listen, "::1");
    EXPECT_EQ(all.gate->certificate, "c");
    EXPECT_EQ(all.gate->key, "k");
    EXPECT_FALSE(all.gate->client_ca);
    EXPECT_FALSE(all.gate->web);
    EXPECT_EQ(complaint({"--tls-port", "1", "--tls-key", "k"}), "--tls-port needs --tls-cert");
    EXPECT_EQ(complaint({"--tls-port", "1", "--tls-cert", "c"}), "--tls-port needs --tls-key");
    EXPECT_EQ(complaint({"--tls-cert", "c"}), "--tls-cert needs --tls-port or --web-port");
    EXPECT_EQ(complaint({"--tls-key", "k"}), "--tls-key needs --tls-port or --web-port");
    EXPECT_EQ(complaint({"--tls-port", "1", "--tls-cert", "c", "--tls-key", "k", "--tls-client-crl",
                         "r"}),
              "--tls-client-crl needs --tls-client-ca");
    expect_refused("--tls-port", "65536");
}

TEST(BelfrydOptions, AWebPortUsesTlsIfThereIsACertificate) {
    const auto web_tls = [](Words words) {
        words.insert(words.begin(), {"-client_ids", "1", "--web-port", "0"});
        return options_of(words).gate.value().web_tls;
    };
    EXPECT_FALSE(web_tls({}));
    EXPECT_TRUE(web_tls({"--tls-cert", "c", "--tls-key", "k"}));
    EXPECT_TRUE(web_tls({"--tls-cert", "c", "--tls-key", "k", "--web-tls", "on"}));
    EXPECT_FALSE(web_tls({"--tls-cert", "c", "--tls-key", "k", "--web-tls", "off"}));
    EXPECT_TRUE(web_tls({"--tls-cert", "c", "--tls-key", "k", "--tls-port", "0"}));
    EXPECT_FALSE(web_tls({"--web-tls=off"}));
}

TEST(BelfrydOptions, OfTheWebPortAreReadAsGiven) {
    const auto least = options_of({"-client_ids", "1", "--listen", "::1", "--web-port", "0"}).gate;
    ASSERT_TRUE(least && least->web);
    EXPECT_FALSE(least->tls);
    EXPECT_EQ(least->web->port, 0);
    EXPECT_EQ(least->web->listen, "::1");
    EXPECT_EQ(server::web_arguments(*least), (std::vector<std::string>{"--web-tls", "off"}));
    EXPECT_EQ(server::certificate_arguments(*least), std::vector<std::string>{});

    const auto all =
        options_of({"-client_ids", "1", "--web-port", "8443", "--web-listen", "::", "--web-tls",
                    "off", "--web-proxy", "192.0.2.1", "--web-origin", "https://A.example/",
                    "--web-origin", "http://b.example:8080"})
            .gate;
    ASSERT_TRUE(all && all->web);
    EXPECT_EQ(all->web->port, 8443);
    EXPECT_EQ(all->web->listen, "::");
    EXPECT_EQ(
        server::web_arguments(*all),
        (std::vector<std::string>{"--web-tls", "off", "--web-proxy", "192.0.2.1", "--web-origin",
                                  "https://a.example", "--web-origin", "http://b.example:8080"}));

    const auto tls =
        options_of({"-client_ids", "1", "--web-port", "1", "--tls-cert", "c", "--tls-key", "k"})
            .gate;
    ASSERT_TRUE(tls);
    EXPECT_EQ(server::web_arguments(*tls), (std::vector<std::string>{"--web-tls", "on"}));
    EXPECT_EQ(server::certificate_arguments(*tls),
              (std::vector<std::string>{"--tls-cert", "c", "--tls-key", "k"}));
    const auto none =
        options_of({"-client_ids", "1", "--tls-port", "1", "--tls-cert", "c", "--tls-key", "k"})
            .gate;
    EXPECT_EQ(server::web_arguments(none.value()), std::vector<std::string>{});
}

TEST(BelfrydOptions, OfTheWebPortWithMistakesAreRefusedInOneLine) {
    expect_refused("--web-port", "65536");
    expect_refused("--web-port", "http");
    EXPECT_EQ(complaint({"--web-listen", "::1"}), "--web-listen needs --web-port");
    EXPECT_EQ(complaint({"--web-tls", "off"}), "--web-tls needs --web-port");
    EXPECT_EQ(complaint({"--web-proxy", "127.0.0.1"}), "--web-proxy needs --web-port");
    EXPECT_EQ(complaint({"--web-origin", "http://a"}), "--web-origin needs --web-port");
    EXPECT_EQ(complaint({"--web-port", "0", "--web-tls", "on"}), "--web-tls on needs --tls-cert");
    EXPECT_EQ(complaint({"--web-port", "0", "--web-tls", "yes"}),
              "--web-tls must be on or off, not 'yes'");
    EXPECT_EQ(complaint({"--web-port", "0", "--tls-cert", "c"}), "--tls-cert needs --tls-key");
    EXPECT_EQ(complaint({"--web-port", "0", "--tls-key", "k"}), "--tls-key needs --tls-cert");
    EXPECT_EQ(complaint({"--web-port", "0", "--tls-client-ca", "a"}),
              "--tls-client-ca needs --tls-port");
    EXPECT_EQ(complaint({"--web-port", "0", "--tls-listen", "::1"}),
              "--tls-listen needs --tls-port");
    EXPECT_EQ(complaint({"--web-port", "0", "--web-proxy", "nginx"}),
              "--web-proxy must be an IPv4 or IPv6 address, not 'nginx'");
    EXPECT_EQ(complaint({"--web-port", "0", "--web-listen", "here"}),
              "--web-listen must be an IPv4 or IPv6 address, not 'here'");
    EXPECT_EQ(
        complaint({"--web-port", "0", "--web-origin", "http://a", "--web-origin", "b.example"}),
        "--web-origin must be like https://chat.example.org, not 'b.example'");
}

TEST(BelfrydOptions, AWrongOriginIsReportedWithItsFileAndLine) {
    const TempDir dir;
    const auto file = dir.write(
        "c", "client-ids = 1\nweb-port = 0\nweb-origin = http://a\n\nweb-origin = http://a/b\n");
    try {
        static_cast<void>(options_of({"--config", file.c_str()}));
        FAIL();
    } catch (const cli::UsageError& error) {
        EXPECT_EQ(std::string{error.what()},
                  file.string() +
                      ":5: --web-origin must be like https://chat.example.org, not 'http://a/b'");
    }
}

TEST(BelfrydOptions, OfTheGateAreComparedOneByOne) {
    const auto changed = [](const auto& now, const auto& next) {
        std::vector<std::string_view> names;
        for (const auto& [name, differs] : server::gate_differences(now, next)) {
            if (differs) names.push_back(name);
        }
        return names;
    };
    using Names = std::vector<std::string_view>;
    const std::optional<server::GateOptions> none;
    const std::optional one{server::GateOptions{.tls = server::GatePort{"::1", 0},
                                                .web = server::GatePort{"::", 8443},
                                                .certificate = "c",
                                                .key = "k",
                                                .client_ca = "a",
                                                .client_crl = "r",
                                                .web_tls = true,
                                                .web_proxy = "192.0.2.1",
                                                .web_origins = {"http://a"}}};
    EXPECT_EQ(changed(none, none), Names{});
    EXPECT_EQ(changed(one, one), Names{});
    EXPECT_EQ(changed(none, one), (Names{"tls-port", "tls-listen", "tls-cert", "tls-key",
                                         "tls-client-ca", "tls-client-crl", "web-port",
                                         "web-listen", "web-tls", "web-proxy", "web-origin"}));
    auto other = one;
    other->key = "l";
    other->client_crl.reset();
    other->web->port = 8444;
    other->web_origins = {"http://b"};
    EXPECT_EQ(changed(one, other), (Names{"tls-key", "tls-client-crl", "web-port", "web-origin"}));
}

TEST(BelfrydOptions, OfTheTlsPortAreReadAsGiven) {
    const auto gate = options_of({"-client_ids", "1", "--tls-port", "5001", "--tls-listen",
                                  "127.0.0.2", "--tls-cert", "c", "--tls-key", "k",
                                  "--tls-client-ca", "a", "--tls-client-crl", "r"})
                          .gate;
    ASSERT_TRUE(gate && gate->tls);
    EXPECT_EQ(gate->tls->port, 5001);
    EXPECT_EQ(gate->tls->listen, "127.0.0.2");
    EXPECT_EQ(gate->client_ca, "a");
    EXPECT_EQ(gate->client_crl, "r");
    EXPECT_EQ(server::certificate_arguments(*gate),
              (std::vector<std::string>{"--tls-cert", "c", "--tls-key", "k", "--tls-client-ca", "a",
                                        "--tls-client-crl", "r"}));
    EXPECT_EQ(
        complaint({"--tls-port", "1", "--tls-cert", "c", "--tls-key", "k", "--tls-listen", "here"}),
        "--tls-listen must be an IPv4 or IPv6 address, not 'here'");
}

}  // namespace
}  // namespace belfry::test
