#include "bench/support/belfry_server.hpp"

#include "bench/support/secrets.hpp"
#include "tests/support/failure.hpp"

#include <sys/prctl.h>

#include <fstream>
#include <utility>

namespace belfry::bench {
namespace {

constexpr std::chrono::seconds start_timeout{60};
constexpr std::chrono::seconds stop_timeout{120};

/// Makes the children of a killed server children of this program, which reaps them. In some
/// containers process 1 reaps nobody, and thousands of them would otherwise remain.
void adopt_orphans() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

}  // namespace

BelfryServer::BelfryServer(ServerPlan plan) : plan_{std::move(plan)} {
    adopt_orphans();
    std::ofstream{clients_file()} << bench::clients_file(plan_.client_ids);
    using std::filesystem::perms;
    std::filesystem::permissions(clients_file(), perms::owner_read | perms::owner_write);
    start();
}

std::filesystem::path BelfryServer::clients_file() const {
    return plan_.data_dir.string() + ".clients";
}

test::Invocation BelfryServer::command() const {
    test::Invocation command{
        test::program("belfryd"),
        {"--clients", clients_file().string(), "--port", "0", "--data-dir", plan_.data_dir.string(),
         "--durability", plan_.durability, "--ring-size", plan_.ring_size, "--max-clients",
         std::to_string(plan_.max_clients)}};
    if (plan_.transport.is_web_socket) {
        command.arguments.insert(command.arguments.end(), {"--web-port", "0"});
    }
    if (plan_.transport.tls != nullptr) {
        const test::KeyPair& pair = plan_.transport.tls->server();
        for (const std::string& option :
             {std::string{"--tls-port"}, std::string{"0"}, std::string{"--tls-cert"},
              pair.certificate.string(), std::string{"--tls-key"}, pair.key.string()}) {
            command.arguments.push_back(option);
        }
    }
    command.arguments.insert(command.arguments.end(), plan_.more.begin(), plan_.more.end());
    // If this program dies, the server must stop cleanly and remove its segment.
    command.death_signal = SIGTERM;
    command.own_session = true;
    return command;
}

void BelfryServer::start() {
    belfryd_.start(command(), start_timeout);
}

void BelfryServer::start(const std::string& ring_size) {
    plan_.ring_size = ring_size;
    start();
}

void BelfryServer::stop() {
    if (belfryd_.stop(stop_timeout) != 0) {
        throw test::Failure("belfryd has failed: " + belfryd_.errors());
    }
}

}  // namespace belfry::bench
