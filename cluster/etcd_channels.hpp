#pragma once

#include "base/clock.hpp"
#include "cluster/engine.hpp"

#include <cluster/etcd.grpc.pb.h>
#include <grpc/support/time.h>
#include <grpcpp/channel.h>
#include <memory>
#include <string>
#include <vector>

namespace belfry::cluster {

/// One server of etcd, and its services over one connection. gRPC connects at the first call, and
/// again after a loss. Any thread may use it.
struct EtcdServer {
    EtcdServer(std::string server_url, std::shared_ptr<grpc::Channel> server_channel);

    /// Waits before the server is asked again. gRPC connects only while a thread waits in it, so
    /// sleeping would not do.
    void pause(base::Duration duration) const;

    std::string url;
    std::shared_ptr<grpc::Channel> channel;
    etcdserverpb::KV::Stub kv;
    etcdserverpb::Watch::Stub watch;
    etcdserverpb::Lease::Stub lease;
    etcdserverpb::Auth::Stub auth;
    etcdserverpb::Maintenance::Stub maintenance;
};

using EtcdServers = std::vector<std::unique_ptr<EtcdServer>>;

/// Makes the servers of the options.
/// @throws cli::UsageError if a URL is malformed or a file cannot be read
[[nodiscard]] EtcdServers make_servers(const EngineOptions& options);

/// Returns the time from now on as gRPC wants it: independent of the wall clock.
[[nodiscard]] gpr_timespec from_now(base::Duration duration);

/// Reads a whole file of the options. @throws cli::UsageError if it cannot be read
[[nodiscard]] std::string read_option_file(const std::filesystem::path& path,
                                           std::string_view option);

}  // namespace belfry::cluster
