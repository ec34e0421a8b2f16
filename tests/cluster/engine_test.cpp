#include "cluster/engine.hpp"

#include "cli/command_line.hpp"
#include "tests/cluster/watching.hpp"
#include "tests/support/etcd_servers.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/tcp_proxy.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The engine with real etcd servers. etcdctl is the independent witness.
namespace belfry::test {
namespace {

using cluster::BatchKey;
using cluster::Creation;
using cluster::Engine;
using cluster::EngineError;
using cluster::Revision;
using Outcome = cluster::Creation::Outcome;
using namespace std::chrono_literals;

constexpr std::uint64_t incarnation = 0xfedcba9876543210;
const std::string settings = "epoch=1";
const cluster::Fence fence{"a", "fedcba9876543210", settings};

cluster::EngineOptions options_for(const EtcdServers& etcd) {
    cluster::EngineOptions options;
    options.urls = etcd.urls();
    return options;
}

/// Returns the options of a node with a certificate.
cluster::EngineOptions options_for(const EtcdServers& etcd, const Certificates& certificates,
                                   const KeyPair& pair) {
    cluster::EngineOptions options = options_for(etcd);
    options.authorities = certificates.authority();
    options.certificate = pair.certificate;
    options.key = pair.key;
    return options;
}

std::unique_ptr<Engine> engine_for(const EtcdServers& etcd) {
    return cluster::make_etcd_engine(options_for(etcd));
}

/// Returns the value of an answer. Throws Failure if there is none.
template <class T>
T value_of(cluster::Answer<T> answer) {
    if (!answer) throw Failure{answer.failure().text};
    return std::move(*answer);
}

/// Creates what the fence of a node needs. @return the lease of `alive/a`
cluster::Lease join(Engine& engine, std::chrono::seconds lifetime = 60s) {
    EXPECT_TRUE(value_of(engine.create("settings", settings)));
    const auto lease = value_of(engine.grant_lease(lifetime));
    EXPECT_TRUE(value_of(engine.create("alive/a", fence.incarnation, lease)));
    return lease;
}

/// Creates a batch, and asks again until there is an answer.
Creation create(Engine& engine, std::uint64_t position, std::string_view bytes) {
    const Deadline deadline{60s};
    while (true) {
        const auto answer = engine.create_batch(incarnation, position, bytes, fence);
        if (answer) return *answer;
        if (answer.failure().error != EngineError::no_answer || deadline.passed())
            throw Failure{answer.failure().text};
    }
}

/// Creates batches at the positions from `first` to `last`, whose bytes are their positions.
/// @return the longest time that one took, in milliseconds
double create_many(Engine& engine, std::uint64_t first, std::uint64_t last) {
    double longest = 0;
    for (std::uint64_t position = first; position <= last; ++position) {
        const auto begin = Clock::now();
        const Creation creation = create(engine, position, std::to_string(position));
        EXPECT_TRUE(creation.outcome == Outcome::created || creation.outcome == Outcome::exists);
        longest = std::max(longest, milliseconds_since(begin));
    }
    return longest;
}

/// Expects the batches that create_many() made: each once, in their order.
void expect_batches(const Watching& watching, std::uint64_t first, std::uint64_t last) {
    ASSERT_TRUE(watching.has_batches(last - first + 1, 30s));
    const auto batches = watching.batches();
    ASSERT_EQ(batches.size(), last - first + 1);
    for (std::uint64_t i = 0; i < batches.size(); ++i) {
        EXPECT_EQ(batches[i].key.incarnation, incarnation);
        EXPECT_EQ(batches[i].key.position, first + i);
        EXPECT_EQ(batches[i].bytes, std::to_string(first + i));
    }
    EXPECT_TRUE(watching.is_in_order());
    EXPECT_FALSE(watching.failure());
}

TEST(Engine, CreatesABatchOnceAndSaysThatARepetitionExists) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    join(*engine);
    const std::string bytes{"\0\xff\n entries", 11};
    const Creation first = create(*engine, 0x10, bytes);
    EXPECT_EQ(first.outcome, Outcome::created);
    const Creation second = create(*engine, 0x10, bytes + "and more of them");
    EXPECT_EQ(second.outcome, Outcome::exists);
    EXPECT_EQ(second.revision, first.revision);
    EXPECT_EQ(etcd.ctl({"get", "/belfry/belfry/log/fedcba9876543210/0000000000000010",
                        "--print-value-only"}),
              bytes + "\n");
}

TEST(Engine, CreatesNoBatchOfANodeThatIsNoLongerTheOneItWas) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    const auto lease = join(*engine);
    auto other = fence;
    other.settings = "epoch=2";
    EXPECT_EQ(value_of(engine->create_batch(incarnation, 0, "x", other)).outcome,
              Outcome::other_settings);
    other = fence;
    other.incarnation = "another";
    EXPECT_EQ(value_of(engine->create_batch(incarnation, 0, "x", other)).outcome,
              Outcome::not_ours);
    EXPECT_EQ(create(*engine, 0, "x").outcome, Outcome::created);

    value_of(engine->revoke_lease(lease));
    EXPECT_EQ(create(*engine, 1, "x").outcome, Outcome::not_ours);
    EXPECT_EQ(create(*engine, 0, "x").outcome, Outcome::exists) << "as it was created before";
    etcd.ctl({"del", "/belfry/belfry/settings"});
    EXPECT_EQ(create(*engine, 1, "x").outcome, Outcome::other_settings);
    EXPECT_EQ(etcd.ctl({"get", "/belfry/belfry/log/", "--prefix", "--keys-only"}),
              "/belfry/belfry/log/fedcba9876543210/0000000000000000\n\n");
}

TEST(Engine, WritesKeysUnderConditions) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    EXPECT_TRUE(value_of(engine->create("window", "a")));
    EXPECT_TRUE(value_of(engine->create("window", "a"))) << "the answer may have been lost";
    EXPECT_FALSE(value_of(engine->create("window", "b")));
    EXPECT_FALSE(value_of(engine->replace("window", "b", "c")));
    EXPECT_TRUE(value_of(engine->replace("window", "a", "c")));
    EXPECT_TRUE(value_of(engine->replace("window", "a", "c"))) << "the answer may have been lost";
    EXPECT_FALSE(value_of(engine->replace("none", "", "c")));
    const Revision revision = value_of(engine->put("node/a", "one"));
    value_of(engine->put("node/b", "two"));
    value_of(engine->put("nodf", "not a node"));

    const auto nodes = value_of(engine->read_all("node/"));
    ASSERT_EQ(nodes.values.size(), 2U);
    EXPECT_EQ(nodes.values[0].key, "node/a");
    EXPECT_EQ(nodes.values[0].value, "one");
    EXPECT_EQ(nodes.values[0].modified, revision);
    EXPECT_EQ(nodes.values[1].key, "node/b");
    value_of(engine->remove("node/a"));
    value_of(engine->remove("node/a"));
    EXPECT_TRUE(value_of(engine->read("node/a")).values.empty());
    EXPECT_EQ(etcd.ctl({"get", "/belfry/belfry/window", "--print-value-only"}), "c\n");
}

TEST(Engine, ShowsThatALeaseHasEnded) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    const auto lease = join(*engine, 2s);
    const Watching watching{*engine, 0, settings};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(value_of(engine->keep_lease(lease)));
    EXPECT_FALSE(value_of(engine->read("alive/a")).values.empty());

    EXPECT_TRUE(eventually(
        [&] {
            const auto changes = watching.changes();
            return !changes.empty() && changes.back().key == "alive/a" &&
                   changes.back().created == 0;
        },
        20s));
    EXPECT_FALSE(value_of(engine->keep_lease(lease)));
    value_of(engine->revoke_lease(lease));
    const auto put = engine->put("node/a", "x", lease);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.failure().error, EngineError::lease_ended);
}

TEST(Engine, ShowsALongLogInItsOrderFromAnyRevision) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    join(*engine);
    create_many(*engine, 0, 1499);  // etcd divides them into several responses
    const std::string large(64 * 1024, 'x');
    for (std::uint64_t i = 0; i < 100; ++i) create(*engine, 1500 + i, large);

    {
        const Watching watching{*engine, 0, settings};
        ASSERT_TRUE(watching.has_batches(1600, 30s));
        const auto batches = watching.batches();
        ASSERT_EQ(batches.size(), 1600U);
        for (std::uint64_t i = 0; i < batches.size(); ++i) EXPECT_EQ(batches[i].key.position, i);
        EXPECT_TRUE(watching.is_in_order());
        EXPECT_TRUE(std::ranges::all_of(batches.begin() + 1500, batches.end(),
                                        [&](const auto& batch) { return batch.bytes == large; }));
        EXPECT_EQ(watching.changes().size(), 2U) << "settings and alive/a";
    }
    const auto again = engine_for(etcd);
    const auto last = value_of(engine->create_batch(incarnation, 1599, "", fence));
    ASSERT_EQ(last.outcome, Outcome::exists);
    const Watching watching{*again, last.revision - 10, settings};
    ASSERT_TRUE(watching.has_batches(10));
    create(*engine, 1600, "new");
    ASSERT_TRUE(watching.has_batches(11));
    EXPECT_EQ(watching.batches().front().key.position, 1590U);
    EXPECT_EQ(watching.batches().back().bytes, "new");
}

TEST(Engine, GoesOnWhenTheServerThatItUsesIsKilled) {
    EtcdServers etcd;
    const auto engine = engine_for(etcd);
    join(*engine);
    const Watching watching{*engine, 0, settings};
    create_many(*engine, 0, 49);
    ASSERT_TRUE(watching.has_batches(1));
    etcd.kill(0);
    std::cout << "longest silence: " << create_many(*engine, 50, 99) << " ms\n";
    etcd.restart(0);
    etcd.kill(1);
    std::cout << "longest silence: " << create_many(*engine, 100, 149) << " ms\n";
    expect_batches(watching, 0, 149);
}

TEST(Engine, GoesOnWhenTheLeaderIsKilled) {
    EtcdServers etcd;
    const auto engine = engine_for(etcd);
    join(*engine);
    const Watching watching{*engine, 0, settings};
    std::uint64_t position = 0;
    for (int round = 0; round < 3; ++round) {
        create_many(*engine, position, position + 19);
        const std::size_t leader = etcd.leader();
        etcd.kill(leader);
        std::cout << "longest silence: " << create_many(*engine, position + 20, position + 39)
                  << " ms\n";
        etcd.restart(leader);
        position += 40;
    }
    expect_batches(watching, 0, position - 1);
}

TEST(Engine, GoesOnWhenAServerIsStopped) {
    EtcdServers etcd;
    const auto engine = engine_for(etcd);
    join(*engine);
    const Watching watching{*engine, 0, settings};
    create_many(*engine, 0, 19);
    for (std::size_t server = 0; server < etcd.size(); ++server) {
        etcd.stop(server);
        const std::uint64_t position = 20 + server * 20;
        const double longest = create_many(*engine, position, position + 19);
        ASSERT_TRUE(watching.has_batches(position + 20, 30s));
        std::cout << "longest silence: " << longest << " ms\n";
        etcd.resume(server);
    }
    expect_batches(watching, 0, 79);
}

TEST(Engine, GoesOnWhenAConnectionIsSilentHalfOpenOrReset) {
    EtcdServers etcd;
    cluster::EngineOptions options;
    std::list<TcpProxy> networks;
    for (std::size_t server = 0; server < etcd.size(); ++server) {
        networks.emplace_back(etcd.client_port(server));
        options.urls.push_back("http://127.0.0.1:" + std::to_string(networks.back().port()));
    }
    const auto engine = cluster::make_etcd_engine(options);
    join(*engine);
    const Watching watching{*engine, 0, settings};
    std::uint64_t position = 0;
    const auto go_on = [&](const char* how) {
        const double longest = create_many(*engine, position, position + 9);
        position += 10;
        ASSERT_TRUE(watching.has_batches(position, 30s));
        std::cout << how << ", longest silence: " << longest << " ms\n";
    };
    for (TcpProxy& network : networks) {
        network.hold();
        go_on("silent");
        network.pass();  // what was held up arrives now, and changes nothing
        go_on("again");
        network.leave_half_open();
        go_on("half-open");
        network.cut();
        go_on("reset");
    }
    expect_batches(watching, 0, position - 1);
}

TEST(Engine, SaysThatNoServerAnswersAndGoesOnLater) {
    EtcdServers etcd;
    const auto engine = engine_for(etcd);
    join(*engine);
    const Watching watching{*engine, 0, settings};
    create_many(*engine, 0, 9);
    etcd.kill(0);
    etcd.kill(1);
    const auto begin = Clock::now();
    const auto answer = engine->create_batch(incarnation, 10, "10", fence);
    std::cout << "no majority: " << milliseconds_since(begin) << " ms\n";
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.failure().error, EngineError::no_answer);
    EXPECT_TRUE(answer.failure().text.starts_with("etcd at http://127.0.0.1:"));
    EXPECT_EQ(answer.failure().text.find('\n'), std::string::npos);
    const auto health = engine->health();
    EXPECT_FALSE(health.has_quorum);
    ASSERT_EQ(health.servers.size(), 3U);
    EXPECT_FALSE(health.servers[0].answers);
    EXPECT_TRUE(health.servers[2].answers);
    EXPECT_FALSE(watching.failure());

    etcd.restart(0);
    create_many(*engine, 10, 19);
    expect_batches(watching, 0, 19);
    EXPECT_TRUE(engine->health().has_quorum);
}

TEST(Engine, SaysThatTheHistoryIsCompacted) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    join(*engine);
    create_many(*engine, 0, 299);
    const auto middle = value_of(engine->create_batch(incarnation, 199, "", fence)).revision;

    const auto old = value_of(engine->old_batches(middle, 1000));
    ASSERT_EQ(old.size(), 200U);
    for (std::uint64_t i = 0; i < old.size(); ++i) EXPECT_EQ(old[i].position, i);
    EXPECT_EQ(value_of(engine->old_batches(middle, 50)).size(), 50U);
    value_of(engine->delete_batches(old));
    value_of(engine->delete_batches(old));
    value_of(engine->compact(middle));
    value_of(engine->compact(middle));
    EXPECT_TRUE(value_of(engine->old_batches(middle, 1000)).empty());

    const auto failure = engine->watch(middle - 10, settings, [](cluster::News&&) { return true; });
    EXPECT_EQ(failure.error, EngineError::compacted) << failure.text;
    EXPECT_FALSE(value_of(engine->has_history_after(middle - 2)));
    EXPECT_TRUE(value_of(engine->has_history_after(middle - 1))) << "what follows is still there";
    EXPECT_TRUE(value_of(engine->has_history_after(engine->health().revision)));
    EXPECT_TRUE(value_of(engine->has_history_after(1'000'000'000))) << "nothing has come after it";
    const Watching watching{*engine, middle, settings};
    expect_batches(watching, 200, 299);
}

TEST(Engine, ListsOldBatchesOfAllIncarnations) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    join(*engine);
    Revision middle = 0;
    for (std::uint64_t position = 0; position < 4; ++position) {
        for (const std::uint64_t each : {0x1, 0x2, 0x3}) {
            const auto made = value_of(engine->create_batch(each, position, "x", fence));
            if (position == 1) middle = made.revision;
        }
    }
    etcd.ctl({"put", "/belfry/belfry/log/nonsense", "x"});
    std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
    for (const BatchKey& key : value_of(engine->old_batches(middle, 100)))
        found.emplace_back(key.incarnation, key.position);
    const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected{{1, 0}, {1, 1}, {2, 0},
                                                                        {2, 1}, {3, 0}, {3, 1}};
    EXPECT_EQ(found, expected);
}

TEST(Engine, SaysThatEtcdWasWiped) {
    EtcdServers etcd;
    const auto engine = engine_for(etcd);
    join(*engine);
    const Watching watching{*engine, 0, settings};
    create_many(*engine, 0, 9);
    ASSERT_TRUE(watching.has_batches(10));
    etcd.wipe();
    ASSERT_TRUE(eventually([&] { return watching.failure().has_value(); }, 20s));
    EXPECT_EQ(watching.failure()->error, EngineError::wiped);
    EXPECT_NE(watching.failure()->text.find("settings"), std::string::npos);
    EXPECT_EQ(create(*engine, 10, "x").outcome, Outcome::other_settings);
}

TEST(Engine, SaysThatARevisionIsGoneAlthoughTheSettingsAreTheSame) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    join(*engine);
    const auto failure = engine->watch(1000, settings, [](cluster::News&&) { return true; });
    EXPECT_EQ(failure.error, EngineError::wiped) << failure.text;
}

TEST(Engine, SaysThatEtcdIsFull) {
    EtcdServers etcd{{.servers = 1, .quota_bytes = 4 * 1024 * 1024}};
    const auto engine = engine_for(etcd);
    join(*engine);
    const std::string large(512 * 1024, 'x');
    std::optional<cluster::EngineFailure> failure;
    for (std::uint64_t position = 0; position < 100 && !failure; ++position) {
        const auto answer = engine->create_batch(incarnation, position, large, fence);
        if (!answer) failure = answer.failure();
    }
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->error, EngineError::full) << failure->text;
    EXPECT_TRUE(engine->health().is_full);
}

TEST(Engine, SaysThatABatchIsTooLarge) {
    EtcdServers etcd{{.servers = 1}};
    const auto engine = engine_for(etcd);
    join(*engine);
    const auto answer =
        engine->create_batch(incarnation, 0, std::string(2 * 1024 * 1024, 'x'), fence);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.failure().error, EngineError::refused) << answer.failure().text;
}

TEST(Engine, UsesCertificatesAndAUser) {
    const Certificates certificates;
    const TempDir dir;
    EtcdServers etcd{{.servers = 1, .certificates = &certificates}};
    etcd.ctl({"user", "add", "root:secret"});
    etcd.ctl({"user", "grant-role", "root", "root"});
    etcd.ctl({"role", "add", "belfry"});
    etcd.ctl({"role", "grant-permission", "belfry", "--prefix=true", "readwrite", "/belfry/"});
    etcd.ctl({"user", "add", "node:pass:word"});
    etcd.ctl({"user", "grant-role", "node", "belfry"});
    etcd.ctl({"auth", "enable"});
    etcd.log_in_as("root:secret");

    const KeyPair pair = certificates.client("no-user-of-etcd");
    auto options = options_for(etcd, certificates, pair);
    options.user_file = dir.write("user", "node:pass:word\n");
    const auto engine = cluster::make_etcd_engine(options);
    join(*engine);
    const Watching watching{*engine, 0, settings};
    create_many(*engine, 0, 9);
    etcd.restart(0);  // it forgets all tokens
    create_many(*engine, 10, 19);
    expect_batches(watching, 0, 19);

    options.user_file = dir.write("crlf", "node:pass:word\r\n");
    EXPECT_TRUE(cluster::make_etcd_engine(options)->read("settings"));

    options.user_file = dir.write("wrong", "node:wrong\n");
    const auto wrong = cluster::make_etcd_engine(options)->read("settings");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.failure().error, EngineError::refused);
    EXPECT_NE(wrong.failure().text.find("authentication failed"), std::string::npos)
        << wrong.failure().text;

    options.user_file.clear();
    const auto nobody = cluster::make_etcd_engine(options)->read("settings");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.failure().error, EngineError::refused) << nobody.failure().text;

    options.user_file = dir.write("user", "node:pass:word\n");
    options.cluster = "/../other";
    options.authorities = certificates.self_signed("stranger").certificate;
    const auto stranger = cluster::make_etcd_engine(options)->read("settings");
    ASSERT_FALSE(stranger);
    EXPECT_EQ(stranger.failure().error, EngineError::no_answer);
    EXPECT_NE(stranger.failure().text.find("certificate verify failed"), std::string::npos)
        << stranger.failure().text;
}

TEST(Engine, LogsInWhenAnEtcdWithCertificatesBeginsToAskForUsers) {
    const Certificates certificates;
    const TempDir dir;
    EtcdServers etcd{{.servers = 1, .certificates = &certificates}};
    const KeyPair pair = certificates.client("no-user-of-etcd");
    auto options = options_for(etcd, certificates, pair);
    options.user_file = dir.write("user", "node:password");
    const auto engine = cluster::make_etcd_engine(options);
    join(*engine);
    etcd.ctl({"user", "add", "root:secret"});
    etcd.ctl({"user", "grant-role", "root", "root"});
    etcd.ctl({"role", "add", "belfry"});
    etcd.ctl({"role", "grant-permission", "belfry", "--prefix=true", "readwrite", "/belfry/"});
    etcd.ctl({"user", "add", "node:password"});
    etcd.ctl({"user", "grant-role", "node", "belfry"});
    etcd.ctl({"auth", "enable"});
    etcd.log_in_as("root:secret");
    create_many(*engine, 0, 9);
    const Watching watching{*engine, 0, settings};
    expect_batches(watching, 0, 9);
}

TEST(Engine, ReadsCertificatesAgainThatWereRenewed) {
    const Certificates certificates;
    const TempDir dir;
    EtcdServers etcd{{.servers = 1, .certificates = &certificates}};
    const KeyPair pair = certificates.client("node");
    auto options = options_for(etcd);
    options.authorities =
        dir.write("ca.pem", read_file(certificates.self_signed("stranger").certificate));
    options.certificate = pair.certificate;
    options.key = pair.key;
    const auto engine = cluster::make_etcd_engine(options);
    ASSERT_FALSE(engine->read("settings"));
    ASSERT_EQ(dir.write("ca.pem", read_file(certificates.authority())), options.authorities);
    EXPECT_TRUE(eventually([&] { return bool{engine->read("settings")}; }, 30s));
}

TEST(Engine, TalksOnlyToAServerWhoseCertificateNamesIt) {
    const Certificates certificates;
    EtcdServers etcd{{.servers = 1, .certificates = &certificates}};
    const KeyPair pair = certificates.client("node");
    auto options = options_for(etcd, certificates, pair);
    EXPECT_TRUE(cluster::make_etcd_engine(options)->read("settings"));

    // The same server, by an address that is not in its certificate.
    options.urls = {"https://[::ffff:127.0.0.1]:" + std::to_string(etcd.client_port(0))};
    const auto answer = cluster::make_etcd_engine(options)->read("settings");
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.failure().text.find("Hostname Verification Check failed"), std::string::npos)
        << answer.failure().text;
}

TEST(Engine, ReadsNoKeysThatItsUserMayNotRead) {
    const TempDir dir;
    EtcdServers etcd{{.servers = 1}};
    etcd.ctl({"user", "add", "root:secret"});
    etcd.ctl({"user", "grant-role", "root", "root"});
    etcd.ctl({"user", "add", "node:password"});
    etcd.ctl({"auth", "enable"});
    auto options = options_for(etcd);
    options.user_file = dir.write("user", "node:password");
    const auto engine = cluster::make_etcd_engine(options);
    const auto failure = engine->watch(0, settings, [](cluster::News&&) { return true; });
    EXPECT_EQ(failure.error, EngineError::refused) << failure.text;
}

TEST(Engine, EndsItsWatchAlthoughNobodyAnswersTheLogin) {
    const TempDir dir;
    cluster::EngineOptions options;
    options.urls = {"http://127.0.0.1:1"};
    options.user_file = dir.write("user", "node:password");
    const auto engine = cluster::make_etcd_engine(options);
    std::optional<cluster::EngineFailure> failure;
    std::thread thread{
        [&] { failure = engine->watch(0, settings, [](cluster::News&&) { return true; }); }};
    engine->stop();
    thread.join();
    EXPECT_EQ(failure->error, EngineError::stopped);
}

TEST(Engine, NamesTheServerThatCannotBeReached) {
    cluster::EngineOptions options;
    options.urls = {"http://127.0.0.1:1"};
    const auto answer = cluster::make_etcd_engine(options)->read("settings");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.failure().error, EngineError::no_answer);
    EXPECT_NE(answer.failure().text.find("http://127.0.0.1:1: "), std::string::npos)
        << answer.failure().text;
    EXPECT_NE(answer.failure().text.find("Connection refused"), std::string::npos)
        << answer.failure().text;
}

TEST(Engine, RefusesOptionsThatMakeNoSense) {
    cluster::EngineOptions options;
    EXPECT_THROW(cluster::make_etcd_engine(options), cli::UsageError);
    options.urls = {"127.0.0.1:2379"};
    EXPECT_THROW(cluster::make_etcd_engine(options), cli::UsageError);
    options.urls = {"http://127.0.0.1:2379"};
    options.user_file = "/nonexistent";
    EXPECT_THROW(cluster::make_etcd_engine(options), cli::UsageError);
}

}  // namespace
}  // namespace belfry::test
