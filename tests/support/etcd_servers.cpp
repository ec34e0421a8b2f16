#include "tests/support/etcd_servers.hpp"

#include "base/random.hpp"
#include "base/unique_fd.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/leftovers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace belfry::test {
namespace {

/// Starting takes long on a busy machine, because etcd syncs each step.
constexpr Milliseconds start_wait{30'000};

bool is_free(std::uint16_t port) {
    const base::UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Returns a free port below those that the kernel gives to outgoing connections. No connection can
/// take it while the server that owns it is dead.
std::uint16_t free_port() {
    constexpr std::uint16_t first = 10'000;
    constexpr std::uint16_t count = 20'000;
    while (true) {
        const auto port =
            static_cast<std::uint16_t>(first + base::random_value<std::uint16_t>() % count);
        if (is_free(port)) return port;
    }
}

std::string address_of(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts) all += (all.empty() ? "" : ",") + text;
    return all;
}

}  // namespace

EtcdServers::EtcdServers(EtcdOptions options) : options_{std::move(options)} {
    if (options_.certificates) {
        server_pair_ = options_.certificates->server("etcd");
        client_pair_ = options_.certificates->client("etcdctl");
    }
    for (std::size_t i = 0; i < options_.servers; ++i) {
        const std::string name = "etcd" + std::to_string(i);
        servers_.push_back({name, 0, 0, dir_.path() / name});
    }
    // Somebody else may take a port before etcd does.
    for (int attempt = 0; attempt < 5; ++attempt) {
        choose_ports();
        if (start_all()) return;
    }
    throw Failure{"etcd did not start: " + log(0)};
}

EtcdServers::~EtcdServers() {
    for (Server& server : servers_) end(server);
}

void EtcdServers::choose_ports() {
    std::set<std::uint16_t> chosen;
    const auto next = [&chosen] {
        std::uint16_t port = free_port();
        while (!chosen.insert(port).second) port = free_port();
        return port;
    };
    for (Server& server : servers_) {
        server.client_port = next();
        server.peer_port = next();
    }
}

std::string EtcdServers::url(std::size_t server) const {
    return (options_.certificates ? "https://" : "http://") + address_of(client_port(server));
}

std::vector<std::string> EtcdServers::urls() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < size(); ++i) all.push_back(url(i));
    return all;
}

std::string EtcdServers::joined_urls() const {
    return joined(urls());
}

std::uint16_t EtcdServers::client_port(std::size_t server) const {
    return servers_.at(server).client_port;
}

pid_t EtcdServers::pid(std::size_t server) const {
    return servers_.at(server).process->pid();
}

bool EtcdServers::is_running(std::size_t server) {
    auto& process = servers_.at(server).process;
    return process && process->is_running();
}

std::string EtcdServers::log(std::size_t server) const {
    const auto& process = servers_.at(server).process;
    return process ? process->err() : "";
}

std::vector<std::string> EtcdServers::arguments_for(const Server& server) const {
    std::vector<std::string> cluster;
    for (const Server& each : servers_)
        cluster.push_back(each.name + "=http://" + address_of(each.peer_port));
    const std::string scheme = options_.certificates ? "https://" : "http://";
    const std::string client_url = scheme + address_of(server.client_port);
    const std::string peer_url = "http://" + address_of(server.peer_port);
    std::vector<std::string> arguments{"--name",
                                       server.name,
                                       "--data-dir",
                                       server.data,
                                       "--listen-client-urls",
                                       client_url,
                                       "--advertise-client-urls",
                                       client_url,
                                       "--listen-peer-urls",
                                       peer_url,
                                       "--initial-advertise-peer-urls",
                                       peer_url,
                                       "--initial-cluster",
                                       joined(cluster),
                                       "--initial-cluster-state",
                                       "new"};
    if (options_.quota_bytes != 0) {
        arguments.insert(arguments.end(),
                         {"--quota-backend-bytes", std::to_string(options_.quota_bytes)});
    }
    if (options_.certificates) {
        arguments.insert(
            arguments.end(),
            {"--cert-file", server_pair_->certificate, "--key-file", server_pair_->key,
             "--client-cert-auth", "--trusted-ca-file", options_.certificates->authority()});
    }
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
    return arguments;
}

void EtcdServers::start(Server& server) {
    Invocation etcd{"/usr/bin/etcd", arguments_for(server)};
    etcd.own_session = true;
    server.process.emplace(etcd);
    server.is_stopped = false;
    leftovers::remember_server(server.process->pid());
}

void EtcdServers::end(Server& server) {
    if (!server.process) return;
    const pid_t pid = server.process->pid();
    if (server.process->is_running()) {
        server.process->signal(SIGKILL);
        server.process->wait();
    }
    server.is_stopped = false;
    leftovers::forget_server(pid);
}

bool EtcdServers::serves_clients(const Server& server) const {
    return server.process->err().find("ready to serve client requests") != std::string::npos;
}

/// Starts all servers. @return false if one of them has ended, after ending the others
bool EtcdServers::start_all() {
    for (Server& server : servers_) start(server);
    bool one_has_ended = false;
    const bool all_serve = eventually(
        [&] {
            one_has_ended = std::ranges::any_of(
                servers_, [](Server& server) { return !server.process->is_running(); });
            return one_has_ended || std::ranges::all_of(servers_, [this](const Server& server) {
                       return serves_clients(server);
                   });
        },
        start_wait, Milliseconds{10});
    if (all_serve && !one_has_ended) return true;
    for (Server& server : servers_) {
        end(server);
        std::filesystem::remove_all(server.data);
    }
    return false;
}

void EtcdServers::kill(std::size_t server) {
    end(servers_.at(server));
}

void EtcdServers::stop(std::size_t server) {
    stop_process(servers_.at(server).process->pid());
    servers_.at(server).is_stopped = true;
}

void EtcdServers::resume(std::size_t server) {
    servers_.at(server).process->signal(SIGCONT);
    servers_.at(server).is_stopped = false;
}

void EtcdServers::restart(std::size_t server, bool wait) {
    Server& restarted = servers_.at(server);
    end(restarted);
    start(restarted);
    if (!wait) return;
    if (!eventually([&] { return serves_clients(restarted); }, start_wait, Milliseconds{10}))
        throw Failure{"etcd did not start again: " + log(server)};
}

void EtcdServers::wipe() {
    for (Server& server : servers_) {
        end(server);
        std::filesystem::remove_all(server.data);
    }
    if (!start_all()) throw Failure{"etcd did not start again: " + log(0)};
}

std::vector<std::string> EtcdServers::access_of_ctl(const std::string& endpoints) const {
    std::vector<std::string> arguments{"--endpoints", endpoints};
    if (options_.certificates) {
        arguments.insert(arguments.end(), {"--cacert", options_.certificates->authority(), "--cert",
                                           client_pair_->certificate, "--key", client_pair_->key});
    }
    if (!user_.empty()) arguments.insert(arguments.end(), {"--user", user_});
    return arguments;
}

Result EtcdServers::try_ctl(std::vector<std::string> arguments, Milliseconds within) {
    std::vector<std::string> endpoints;
    for (std::size_t i = 0; i < size(); ++i)
        if (is_running(i) && !servers_[i].is_stopped) endpoints.push_back(url(i));
    std::vector<std::string> all = access_of_ctl(joined(endpoints));
    all.insert(all.end(), std::make_move_iterator(arguments.begin()),
               std::make_move_iterator(arguments.end()));
    return run({"/usr/bin/etcdctl", all, {}, {{"ETCDCTL_API", "3"}}}, within);
}

std::string EtcdServers::ctl(std::vector<std::string> arguments) {
    const std::string command = arguments.at(0);
    Result result = try_ctl(std::move(arguments));
    if (result.status != 0) throw Failure{"etcdctl " + command + ": " + result.err};
    return std::move(result.out);
}

bool EtcdServers::delete_old_keys(const std::string& prefix, std::uint64_t revision) {
    const auto quickly = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "--command-timeout=2s");
        return try_ctl(std::move(arguments));
    };
    const Result listed = quickly({"get", "--prefix", prefix, "--keys-only", "-w", "fields"});
    if (listed.status != 0) return false;
    std::map<std::string, std::pair<std::string, std::string>> ranges;  // by folder
    std::string key;
    for (const std::string& line : lines_of(listed.out)) {
        if (line.starts_with("\"Key\" : \"")) {
            key = line.substr(9, line.size() - 10);
        } else if (line.starts_with("\"ModRevision\" : ") &&
                   std::stoull(line.substr(16)) <= revision) {
            auto& [first, last] = ranges[key.substr(0, key.rfind('/'))];
            if (first.empty()) first = key;
            last = key;
        }
    }
    for (const auto& [folder, range] : ranges) {
        // A range ends before its second key.
        if (quickly({"del", range.first, range.second + '\x01'}).status != 0) return false;
    }
    return quickly({"compact", std::to_string(revision)}).status == 0;
}

std::size_t EtcdServers::leader() {
    std::optional<std::size_t> found;
    const auto ask = [&](std::size_t server) {
        std::vector<std::string> arguments = access_of_ctl(url(server));
        arguments.insert(arguments.end(),
                         {"--command-timeout=2s", "endpoint", "status", "--write-out=json"});
        const Result result = run({"/usr/bin/etcdctl", arguments, {}, {{"ETCDCTL_API", "3"}}});
        if (result.status != 0) return false;
        const auto status = nlohmann::json::parse(result.out).at(0).at("Status");
        return status.value("leader", std::uint64_t{0}) ==
               status.at("header").at("member_id").get<std::uint64_t>();
    };
    const bool in_time = eventually(
        [&] {
            for (std::size_t i = 0; i < size() && !found; ++i)
                if (is_running(i) && !servers_[i].is_stopped && ask(i)) found = i;
            return found.has_value();
        },
        start_wait, Milliseconds{50});
    if (!in_time) throw Failure{"etcd has elected no leader"};
    return *found;
}

}  // namespace belfry::test
