#pragma once

#include "base/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <gtest/gtest.h>

#include <cstring>

namespace belfry::test {

/// Returns the endpoint of an IPv4 or IPv6 address.
inline base::Endpoint peer(const std::string& address) {
    sockaddr_storage storage{};
    if (address.find(':') == std::string::npos) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        EXPECT_EQ(::inet_pton(AF_INET, address.c_str(), &in.sin_addr), 1);
        std::memcpy(&storage, &in, sizeof in);
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        EXPECT_EQ(::inet_pton(AF_INET6, address.c_str(), &in.sin6_addr), 1);
        std::memcpy(&storage, &in, sizeof in);
    }
    return base::endpoint_in(storage);
}

}  // namespace belfry::test
