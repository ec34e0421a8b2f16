#pragma once

#include "tests/support/server.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

namespace belfry::test {

/// A user who has no other process.
inline constexpr uid_t nobody_else = 61'234;

inline bool is_root() {
    return ::geteuid() == 0;
}

inline void print_that_root_is_needed() {
    std::cout << "only root can become another user: this test does nothing\n";
}

/// Returns the options for a server that runs as another user. Root then runs belfryctl on it.
inline ServerOptions of_another_user(std::string durability) {
    return {.durability = std::move(durability), .user = nobody_else};
}

}  // namespace belfry::test
