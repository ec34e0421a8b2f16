#include "tests/support/server.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/linked_network.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/store_db.hpp"
#include "tests/support/web_connection.hpp"

#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace belfry::test {
namespace {

/// Returns the path of belfryd. A library can be preloaded only into the belfryd next to the test
/// program, which is linked for that.
std::filesystem::path belfryd_for(const Environment& environment) {
    const bool preloads = std::ranges::any_of(
        environment, [](const auto& variable) { return variable.first == "LD_PRELOAD"; });
    return preloads ? beside_test_program("belfryd") : program("belfryd");
}

/// Tells whether clients connect in this way.
bool connects_by(std::string_view transport) {
    const char* const wanted = std::getenv("BELFRY_TEST_TRANSPORT");
    return wanted != nullptr && wanted == transport;
}

}  // namespace

Server::Server(ServerOptions options) : options_{std::move(options)} {
    if (options_.has_gate || connects_by("tls")) add_gate();
    if (connects_by("web")) options_.more.insert(options_.more.end(), {"--web-port", "0"});
    if (options_.user) make_room_for(*options_.user);
    start();
}

void Server::add_gate() {
    const KeyPair own = certificates_.emplace().server();
    options_.more.insert(
        options_.more.end(),
        {"--tls-port", "0", "--tls-cert", own.certificate.string(), "--tls-key", own.key.string()});
}

/// Gives the user a copy of belfryd, and makes the user the owner of the folder. Another user may
/// be unable to reach the programs, or the folder by its path, so belfryd works in the folder.
void Server::make_room_for(uid_t user) const {
    const auto copy = folder_.path() / "belfryd";
    std::filesystem::copy(program("belfryd"), copy);
    std::filesystem::permissions(copy, std::filesystem::perms{0755});
    if (::chown(folder_.path().c_str(), user, user) != 0) throw system_failure("chown");
}

Server::~Server() {
    if (!belfryd_.was_started()) return;
    if (testing::Test::HasFailure()) std::cerr << errors();
    if (options_.user) let_remove_its_segment();
}

/// Lets belfryd remove its own segment. In a container even root may not be permitted to remove a
/// segment of another user.
void Server::let_remove_its_segment() {
    belfryd_.terminate();
    static_cast<void>(eventually([this] { return !segment(); }));
}

Invocation Server::command() const {
    // The paths are relative if belfryd works in the folder.
    const auto folder = options_.user ? std::filesystem::path{} : folder_.path();
    Invocation command{belfryd_for(options_.environment),
                       {"-port", "0", "--data-dir", (folder / "data").string(), "--port-file",
                        (folder / "port").string(), "--durability", options_.durability}};
    if (!options_.client_ids.empty()) {
        command.arguments.insert(command.arguments.begin(), {"-client_ids", options_.client_ids});
    }
    command.arguments.insert(command.arguments.end(), options_.more.begin(), options_.more.end());
    // Where the test program dies, the server shall stop cleanly and take its segment along.
    command.death_signal = SIGTERM;
    command.own_session = true;
    command.environment = options_.environment;
    if (options_.network != nullptr) command.network = options_.network->fd();
    if (options_.user) {
        command.user = options_.user;
        command.folder = folder_.path();
        command.program = "./belfryd";
    }
    return command;
}

std::vector<pid_t> Server::sessions() const {
    auto pids = children();
    std::erase_if(pids, [](pid_t pid) {
        const std::string title = title_of(pid);
        // The programs of gate and replica may not have set their titles yet.
        return title.starts_with("belfryd: archiver") || title.find("belfry-gate") != title.npos ||
               title.find("belfry-replica") != title.npos;
    });
    return pids;
}

std::vector<pid_t> Server::relays() const {
    auto pids = children();
    std::erase_if(pids, [](pid_t pid) {
        const std::string title = title_of(pid);
        return !title.starts_with("belfry-gate: tls ") && !title.starts_with("belfry-gate: web ");
    });
    return pids;
}

std::uint64_t Server::attached() const {
    const auto found = segment();
    const auto info = found ? segment_info(found->shmid) : std::nullopt;
    return info ? info->shm_nattch : 0;
}

nlohmann::json Server::status() const {
    const Result result = belfryctl({"status", "--json"});
    if (result.status != 0) throw Failure("belfryctl status: " + result.out + result.err);
    return nlohmann::json::parse(result.out);
}

nlohmann::json Server::client_status(std::string_view client_id) const {
    const auto all = status();
    for (const auto& client : all.at("clients")) {
        if (client.at("id") == client_id) return client;
    }
    throw Failure("status knows no client " + std::string{client_id});
}

pid_t Server::child_of(std::string_view client_id) const {
    const auto client = client_status(client_id);
    if (!client.at("online").get<bool>()) throw Failure("not online: " + client.dump());
    return client.at("pid").get<pid_t>();
}

pid_t Server::archiver() const {
    pid_t pid = 0;
    const auto runs = [&] {
        pid = status().at("processes").at("archiver").get<pid_t>();
        return pid != 0;
    };
    if (!eventually(runs)) throw Failure("there is no archiver");
    return pid;
}

bool Server::will_say(std::string_view part) const {
    return eventually([&] { return errors().find(part) != std::string::npos; });
}

void Server::wait_until_saved() const {
    const auto is_saved = [&] {
        StoreDb store{data_dir()};
        const auto clients = status().at("clients");
        return std::ranges::all_of(clients, [&](const auto& client) {
            const auto cursor = client.at("cursor").template get<std::uint64_t>();
            const auto seq = client.at("seq").template get<std::uint64_t>();
            const std::string saved =
                store.text("SELECT cursor || ' ' || seq FROM clients WHERE id = '" +
                           client.at("id").template get<std::string>() + "'");
            return saved == std::to_string(cursor) + " " + std::to_string(seq) ||
                   (cursor == 0 && seq == 0 && saved.empty());
        });
    };
    if (!eventually(is_saved)) throw Failure("cursors and seqs are not saved");
}

RawClient Server::connect_from(const std::string& address, int receive_buffer) const {
    if (options_.network != nullptr) return RawClient{options_.network->connect(port())};
    if (connects_by("web")) {
        return RawClient{web_port(), {.from = address, .receive_buffer = receive_buffer}};
    }
    if (!connects_by("tls")) return RawClient{port(), receive_buffer, address};
    TlsOptions options = tls();
    options.from = address;
    return RawClient{tls_port(), options, receive_buffer};
}

RawClient Server::log_in(std::string_view client_id, std::string_view options) const {
    RawClient client = connect();
    static_cast<void>(client.log_in_live(client_id, options));
    return client;
}

Result Server::belfryctl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--data-dir", data_dir().string()});
    return run({program("belfryctl"), std::move(arguments)});
}

Invocation Server::belfry(std::string_view client_id, std::vector<std::string> more) const {
    Invocation command{program("belfry"),
                       {"-client_id", std::string{client_id}, "-server_ip", "127.0.0.1", "-port",
                        std::to_string(port())}};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    return command;
}

}  // namespace belfry::test
