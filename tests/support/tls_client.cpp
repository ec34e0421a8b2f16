#include "tests/support/tls_client.hpp"

#include "tests/support/failure.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace belfry::test {
namespace {

struct Pair {
    base::UniqueFd ours;
    base::UniqueFd theirs;
};

Pair socket_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == -1) {
        throw system_failure("socketpair");
    }
    return {base::UniqueFd{ends[0]}, base::UniqueFd{ends[1]}};
}

pid_t run_openssl(const TlsClient::Options& options, int socket) {
    std::vector<std::string> arguments{"openssl",
                                       "s_client",
                                       "-quiet",
                                       "-connect",
                                       "127.0.0.1:" + std::to_string(options.port),
                                       "-CAfile",
                                       options.authority.string(),
                                       "-verify_ip",
                                       "127.0.0.1",
                                       "-verify_return_error"};
    if (const auto& own = options.certificate) {
        arguments.insert(arguments.end(),
                         {"-cert", own->certificate.string(), "-key", own->key.string()});
    }
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(socket, STDIN_FILENO);
    ::dup2(socket, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execvp("openssl", pointers.data());
    ::_exit(127);
}

}  // namespace

TlsClient::TlsClient(const Options& options) : client_{base::UniqueFd{}}, openssl_{-1} {
    Pair pair = socket_pair();
    openssl_ = run_openssl(options, pair.theirs.get());
    if (openssl_ == -1) throw system_failure("fork");
    client_ = RawClient{std::move(pair.ours)};
}

TlsClient::TlsClient(TlsClient&& other) noexcept
    : client_{std::move(other.client_)}, openssl_{std::exchange(other.openssl_, -1)} {}

TlsClient::~TlsClient() {
    if (openssl_ == -1) return;
    ::kill(openssl_, SIGKILL);
    ::waitpid(openssl_, nullptr, 0);
}

}  // namespace belfry::test
