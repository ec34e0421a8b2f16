#include "tests/support/server.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/leftovers.hpp"
#include "tests/support/proc.hpp"
#include "tests/support/store_db.hpp"

#include <sys/shm.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

namespace belfry::test {
namespace {

/// Libraries can be preloaded only into the belfryd that is linked for it.
std::filesystem::path belfryd_for(const Environment& environment) {
    const bool preloads = std::ranges::any_of(
        environment, [](const auto& variable) { return variable.first == "LD_PRELOAD"; });
    return preloads ? beside_test_program("belfryd") : program("belfryd");
}

bool has(const std::vector<int>& numbers, int number) {
    return std::ranges::find(numbers, number) != numbers.end();
}

}  // namespace

Server::Server(ServerOptions options) : options_{std::move(options)} {
    for (const auto& segment : segments()) not_ours_.push_back(segment.shmid);
    if (options_.user) make_room_for(*options_.user);
    start();
}

/// Somebody else may be able to reach neither the programs where they stand nor our folder by its
/// path: it gets a copy of the program, and works in the folder, which it owns.
void Server::make_room_for(uid_t user) const {
    const auto copy = folder_.path() / "belfryd";
    std::filesystem::copy(program("belfryd"), copy);
    std::filesystem::permissions(copy, std::filesystem::perms{0755});
    if (::chown(folder_.path().c_str(), user, user) != 0) throw system_failure("chown");
}

Server::~Server() {
    if (testing::Test::HasFailure() && belfryd_) std::cerr << belfryd_->err();
    if (options_.user && belfryd_) let_remove_its_segment();
    kill_all();
    remove_segments();
    forget_ended_leaders();
}

/// In a container root may lack the right to remove what belongs to somebody else.
void Server::let_remove_its_segment() {
    belfryd_->signal(SIGTERM);
    static_cast<void>(eventually([this] { return !segment(); }));
}

Invocation Server::command() const {
    // Relative where it works in the folder.
    const auto folder = options_.user ? std::filesystem::path{} : folder_.path();
    Invocation command{
        belfryd_for(options_.environment),
        {"-client_ids", options_.client_ids, "-port", "0", "--data-dir", (folder / "data").string(),
         "--port-file", (folder / "port").string(), "--durability", options_.durability}};
    command.arguments.insert(command.arguments.end(), options_.more.begin(), options_.more.end());
    // Where the test program dies, the server shall stop cleanly and take its segment along.
    command.death_signal = SIGTERM;
    command.own_session = true;
    command.environment = options_.environment;
    if (options_.user) {
        command.user = options_.user;
        command.folder = folder_.path();
        command.program = "./belfryd";
    }
    return command;
}

void Server::start(const Invocation& command) {
    forget_ended_leaders();
    const auto started = Clock::now();
    belfryd_.emplace(command);
    leaders_.push_back(belfryd_->pid());
    leftovers::remember_server(belfryd_->pid());
    wait_until_ready(started);
}

void Server::wait_until_ready(Clock::time_point started) {
    const auto has_line = [&] { return belfryd_->out().ends_with('\n'); };
    const bool ended = !eventually([&] { return has_line() || !belfryd_->is_running(); });
    if (ended || !has_line()) throw Failure("belfryd is not ready: " + belfryd_->err());
    ready_after_ms_ = milliseconds_since(started);

    const std::string line = belfryd_->out();
    const std::string expected = "belfryd listening on 127.0.0.1:";
    if (!line.starts_with(expected)) throw Failure("belfryd said '" + line + "'");
    const auto digits = line.substr(expected.size(), line.size() - expected.size() - 1);
    port_ = static_cast<std::uint16_t>(number_from(digits));
}

int Server::stop() {
    belfryd_->signal(SIGTERM);
    return belfryd_->wait();
}

void Server::kill_supervisor() {
    belfryd_->signal(SIGKILL);
    belfryd_->wait();
}

/// As long as a process of a session lives, nobody else gets the number of its leader; afterwards
/// another server may, and must not be taken for ours.
void Server::forget_ended_leaders() {
    const auto all = processes();
    const auto existing = segments();
    std::erase_if(leaders_, [&](pid_t leader) {
        if (std::ranges::find(all, leader, &ProcessInfo::session) != all.end() ||
            std::ranges::find(existing, leader, &SegmentInfo::creator) != existing.end()) {
            return false;
        }
        leftovers::forget_server(leader);
        return true;
    });
}

void Server::kill_all() {
    // The supervisor first, so that it starts no other child.
    if (belfryd_) kill_supervisor();
    kill_children();
}

void Server::kill_children() const {
    static_cast<void>(eventually([this] {
        const auto pids = all_processes();
        for (const pid_t pid : pids) ::kill(pid, SIGKILL);
        return pids.empty();
    }));
}

void Server::remove_segments() const {
    while (const auto found = segment()) {
        if (::shmctl(found->shmid, IPC_RMID, nullptr) != 0) return;
    }
}

std::vector<pid_t> Server::all_processes() const {
    std::vector<pid_t> pids;
    for (const auto& process : processes()) {
        if (process.state != 'Z' && has(leaders_, process.session)) pids.push_back(process.pid);
    }
    return pids;
}

std::vector<pid_t> Server::children() const {
    auto pids = all_processes();
    std::erase(pids, belfryd_->pid());
    return pids;
}

std::optional<SegmentInfo> Server::segment() const {
    for (const auto& segment : segments()) {
        if (has(leaders_, segment.creator) && !has(not_ours_, segment.shmid)) return segment;
    }
    return std::nullopt;
}

std::uint64_t Server::attached() const {
    const auto found = segment();
    shmid_ds state{};
    if (!found || ::shmctl(found->shmid, IPC_STAT, &state) < 0) return 0;
    return state.shm_nattch;
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

RawClient Server::log_in(std::string_view client_id, std::string_view options) const {
    RawClient client{port_};
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
                        std::to_string(port_)}};
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    return command;
}

}  // namespace belfry::test
