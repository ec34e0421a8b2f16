#pragma once

#include "cluster/engine.hpp"

#include <grpcpp/support/status.h>
#include <string>
#include <string_view>

/// What the status of a call to etcd means.
namespace belfry::cluster {

/// What may help after a call has failed.
enum class Remedy {
    another_server,  ///< this one is down, slow, or does not know a leader
    log_in_again,    ///< the token has expired
    none,            ///< every server would answer the same
};

/// Returns what may help after this failure of a call that was made with this token.
[[nodiscard]] Remedy remedy_for(const grpc::Status& status, std::string_view token);

/// Describes a failure in one line that names the server.
[[nodiscard]] EngineFailure failure_of(const grpc::Status& status, const std::string& url);

/// Returns one line that says what is wrong with a server. The reason may contain any bytes.
[[nodiscard]] std::string about(const std::string& url, std::string_view reason);

}  // namespace belfry::cluster
