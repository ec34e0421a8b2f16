#pragma once

#include "tests/support/crash/exact_client.hpp"

#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

namespace belfry::test {

/// The result of a comparison of the clients' views. Every client saw every message once and whole,
/// and all clients saw them in one order, if and only if all views are equal and hold each sender's
/// numbers from 1 to the last one in order.
struct Verdict {
    std::uint64_t messages = 0;
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t torn = 0;
    std::uint64_t reordered = 0;

    [[nodiscard]] bool is_good() const {
        return lost == 0 && doubled == 0 && torn == 0 && reordered == 0;
    }
};

/// @param made how many messages each sender made
[[nodiscard]] Verdict judge(std::span<const View> views, std::span<const std::uint64_t> made);

std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

}  // namespace belfry::test
