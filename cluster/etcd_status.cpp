#include "cluster/etcd_status.hpp"

#include "base/utf8.hpp"

#include <algorithm>

namespace belfry::cluster {
namespace {

bool says(const grpc::Status& status, std::string_view part) {
    return status.error_message().find(part) != std::string::npos;
}

/// Returns what people need of the texts of gRPC and etcd.
std::string_view essence_of(std::string_view text) {
    for (const std::string_view words :
         {"last error: ", "etcdserver: ", "rpc error: ", "SSL routines::"}) {
        const std::size_t found = text.rfind(words);
        if (found != std::string_view::npos) text.remove_prefix(found + words.size());
    }
    return text;
}

/// Tells whether etcd has refused the request or its user. No other failure needs somebody to act.
bool is_refusal(const grpc::Status& status) {
    switch (status.error_code()) {
        case grpc::StatusCode::PERMISSION_DENIED:
        case grpc::StatusCode::UNAUTHENTICATED:
        case grpc::StatusCode::INVALID_ARGUMENT:
        case grpc::StatusCode::RESOURCE_EXHAUSTED:
            return true;
        default:
            return false;
    }
}

EngineError error_of(const grpc::Status& status) {
    if (remedy_for(status, {}) == Remedy::another_server) return EngineError::no_answer;
    if (says(status, "database space exceeded")) return EngineError::full;
    if (says(status, "lease not found")) return EngineError::lease_ended;
    if (status.error_code() == grpc::StatusCode::OUT_OF_RANGE && says(status, "compacted"))
        return EngineError::compacted;
    return is_refusal(status) ? EngineError::refused : EngineError::no_answer;
}

}  // namespace

Remedy remedy_for(const grpc::Status& status, std::string_view token) {
    switch (status.error_code()) {
        case grpc::StatusCode::UNAUTHENTICATED:
            return Remedy::log_in_again;
        case grpc::StatusCode::INVALID_ARGUMENT:
            // etcd has new users or permissions, or has begun to ask for users.
            return says(status, "revision of auth store is old") ||
                           says(status, "user name is empty")
                       ? Remedy::log_in_again
                       : Remedy::none;
        case grpc::StatusCode::FAILED_PRECONDITION:
            return says(status, "not leader") ? Remedy::another_server : Remedy::none;
        case grpc::StatusCode::PERMISSION_DENIED:
            // Without a token, etcd takes the name in the client's certificate for the user.
            return token.empty() ? Remedy::log_in_again : Remedy::none;
        case grpc::StatusCode::RESOURCE_EXHAUSTED:
            return says(status, "too many requests") ? Remedy::another_server : Remedy::none;
        case grpc::StatusCode::UNAVAILABLE:
        case grpc::StatusCode::DEADLINE_EXCEEDED:
        case grpc::StatusCode::CANCELLED:
        case grpc::StatusCode::UNKNOWN:
        case grpc::StatusCode::INTERNAL:
        case grpc::StatusCode::ABORTED:
        case grpc::StatusCode::DATA_LOSS:
        case grpc::StatusCode::UNIMPLEMENTED:  // this is no etcd
            return Remedy::another_server;
        default:
            return Remedy::none;
    }
}

std::string about(const std::string& url, std::string_view reason) {
    constexpr std::size_t max_reason = 300;
    std::string line = "etcd at " + url + ": " + base::sanitize(reason.substr(0, max_reason));
    std::ranges::replace(line, '\n', ' ');
    std::ranges::replace(line, '\t', ' ');
    return line;
}

EngineFailure failure_of(const grpc::Status& status, const std::string& url) {
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
        return {EngineError::no_answer, about(url, "no answer in time")};
    return {error_of(status), about(url, essence_of(status.error_message()))};
}

}  // namespace belfry::cluster
