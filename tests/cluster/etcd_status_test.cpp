#include "cluster/etcd_status.hpp"

#include <gtest/gtest.h>

#include <string>

/// What a failure of etcd means for a node.
namespace belfry::test {
namespace {

using cluster::EngineError;
using cluster::Remedy;
using grpc::StatusCode;

EngineError error_for(StatusCode code, const std::string& text) {
    return cluster::failure_of({code, text}, "http://etcd").error;
}

TEST(EtcdStatus, AServerThatIsNotReadyIsNoReasonToStop) {
    const grpc::Status not_leader{StatusCode::FAILED_PRECONDITION, "etcdserver: not leader"};
    EXPECT_EQ(cluster::remedy_for(not_leader, "token"), Remedy::another_server);
    for (const StatusCode code :
         {StatusCode::FAILED_PRECONDITION, StatusCode::NOT_FOUND, StatusCode::OUT_OF_RANGE,
          StatusCode::ALREADY_EXISTS, StatusCode::UNAVAILABLE, StatusCode::ABORTED}) {
        EXPECT_EQ(error_for(code, "etcdserver: something passing"), EngineError::no_answer) << code;
    }
}

TEST(EtcdStatus, OnlyARefusedUserOrRequestNeedsSomebodyToAct) {
    EXPECT_EQ(error_for(StatusCode::PERMISSION_DENIED, "etcdserver: permission denied"),
              EngineError::refused);
    EXPECT_EQ(error_for(StatusCode::UNAUTHENTICATED, "etcdserver: invalid auth token"),
              EngineError::refused);
    EXPECT_EQ(error_for(StatusCode::INVALID_ARGUMENT,
                        "etcdserver: authentication failed, invalid user ID or password"),
              EngineError::refused);
    EXPECT_EQ(error_for(StatusCode::INVALID_ARGUMENT, "etcdserver: request is too large"),
              EngineError::refused);
}

TEST(EtcdStatus, WhatACallAsksForIsToldApart) {
    EXPECT_EQ(error_for(StatusCode::NOT_FOUND, "etcdserver: requested lease not found"),
              EngineError::lease_ended);
    EXPECT_EQ(
        error_for(StatusCode::RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"),
        EngineError::full);
    EXPECT_EQ(error_for(StatusCode::OUT_OF_RANGE,
                        "etcdserver: mvcc: required revision has been compacted"),
              EngineError::compacted);
    const grpc::Status exists{StatusCode::FAILED_PRECONDITION, "etcdserver: lease already exists"};
    EXPECT_EQ(cluster::remedy_for(exists, "token"), Remedy::none) << "this is an answer";
}

}  // namespace
}  // namespace belfry::test
