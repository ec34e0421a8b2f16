#include "cluster/etcd_channels.hpp"

#include "cli/command_line.hpp"
#include "cluster/etcd_url.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>
#include <iterator>
#include <utility>

namespace belfry::cluster {
namespace {

/// No response of etcd is larger, because a watch asks for its responses in parts of 2 MiB.
constexpr int max_response_bytes = 16 * 1024 * 1024;

/// How often the files of certificates are read.
constexpr unsigned seconds_between_looks = 5;

grpc::ChannelArguments channel_arguments() {
    grpc::ChannelArguments arguments;
    // A server that comes back is used at once. The third one limits a connection's handshakes.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);
    // Finds a connection whose other end is gone. By default, etcd ends a connection with pings
    // less than 5 s apart.
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2000);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    // Calls are repeated here. gRPC's own repetition aborts on an answer without a status.
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
    arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(max_response_bytes);
    return arguments;
}

/// Returns credentials that read their files again when those have changed, so that certificates
/// can be renewed while the program runs.
std::shared_ptr<grpc::ChannelCredentials> tls_credentials(const EngineOptions& options) {
    namespace tls = grpc::experimental;
    tls::TlsChannelCredentialsOptions settings;
    if (!options.authorities.empty() || !options.certificate.empty()) {
        settings.set_certificate_provider(std::make_shared<tls::FileWatcherCertificateProvider>(
            options.key, options.certificate, options.authorities, seconds_between_looks));
    }
    if (!options.authorities.empty()) settings.watch_root_certs();
    if (!options.certificate.empty()) settings.watch_identity_key_cert_pairs();
    return tls::TlsCredentials(settings);
}

/// Reads the files of TLS, although gRPC does that itself, because it would not say what is wrong.
void check_files(const EngineOptions& options) {
    if (!options.authorities.empty())
        static_cast<void>(read_option_file(options.authorities, "cluster-ca"));
    if (options.certificate.empty()) return;
    static_cast<void>(read_option_file(options.certificate, "cluster-cert"));
    static_cast<void>(read_option_file(options.key, "cluster-key"));
}

}  // namespace

EtcdServer::EtcdServer(std::string server_url, std::shared_ptr<grpc::Channel> server_channel)
    : url{std::move(server_url)},
      channel{std::move(server_channel)},
      kv{channel},
      watch{channel},
      lease{channel},
      auth{channel},
      maintenance{channel} {}

void EtcdServer::pause(base::Duration duration) const {
    channel->WaitForStateChange(channel->GetState(true), from_now(duration));
}

gpr_timespec from_now(base::Duration duration) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    return gpr_time_from_micros(std::max<std::int64_t>(us, 0), GPR_TIMESPAN);
}

std::string read_option_file(const std::filesystem::path& path, std::string_view option) {
    std::ifstream file{path, std::ios::binary};
    std::string contents{std::istreambuf_iterator<char>{file}, {}};
    if (file.bad() || !file.is_open() || contents.empty()) {
        const std::string reason = file.is_open() ? "file is empty" : std::strerror(errno);
        throw cli::UsageError{"cannot read " + path.string() + ": " + reason, option};
    }
    return contents;
}

EtcdServers make_servers(const EngineOptions& options) {
    if (options.urls.empty()) throw cli::UsageError{"no URL of etcd", "cluster"};
    check_files(options);
    EtcdServers servers;
    for (const std::string& text : options.urls) {
        const auto url = parse_etcd_url(text);
        if (!url) throw cli::UsageError{"not a URL of etcd: '" + text + "'", "cluster"};
        const auto credentials =
            url->is_tls ? tls_credentials(options) : grpc::InsecureChannelCredentials();
        servers.push_back(std::make_unique<EtcdServer>(
            text, grpc::CreateCustomChannel(url->target, credentials, channel_arguments())));
    }
    return servers;
}

}  // namespace belfry::cluster
