#pragma once

#include "tests/support/step/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace belfry::test {

/// The instructions of one undisturbed run of an operation.
struct Trace {
    /// The address of the first, second, third … instruction.
    std::vector<std::uint64_t> addresses;
    /// The numbers of executed instructions after which others can see a change, or a system call
    /// has returned.
    std::vector<std::size_t> changes;
};

/// Runs the operation one instruction at a time, and records the trace.
[[nodiscard]] Trace trace(Operation& operation);

/// A fast way to the moment after the nth instruction: run freely until the processor is about to
/// execute the instruction at `address` for the `times`th time, then take `steps` single steps.
struct Way {
    std::uint64_t address = 0;
    std::uint64_t times = 0;  ///< 0 to take single steps from the start
    std::size_t steps = 0;

    /// Returns the cost of the way, measured in steps. Each of the `times` costs three, since a
    /// breakpoint is set, removed and stepped over.
    [[nodiscard]] std::uint64_t cost() const { return 3 * times + steps; }
};

/// Returns the fastest way for every n from 0 to the number of instructions.
[[nodiscard]] std::vector<Way> ways_through(const Trace& trace);

}  // namespace belfry::test
