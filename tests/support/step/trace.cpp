#include "tests/support/step/trace.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/step/stepped_child.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

namespace belfry::test {
namespace {

/// True if the instruction is a system call. The child was forked from this process, so it has the
/// same code at the same addresses.
bool is_system_call(std::uint64_t address) noexcept {
    constexpr std::array<unsigned char, 2> syscall_instruction{0x0f, 0x05};
    return std::memcmp(reinterpret_cast<const void*>(address), syscall_instruction.data(), 2) == 0;
}

std::uint64_t end_of(Operation& operation) {
    operation.restore();
    SteppedChild child{operation};
    return child.run_to_end();
}

}  // namespace

Trace trace(Operation& operation) {
    const std::uint64_t end = end_of(operation);
    operation.restore();
    Trace trace;
    SteppedChild child{operation};
    std::vector<char> before;
    const auto has_changed = [&](bool may_be_new) {
        const std::span<const char> now = operation.image(child.pid(), may_be_new);
        if (std::ranges::equal(now, before)) return false;
        before.assign(now.begin(), now.end());
        return true;
    };
    has_changed(false);
    for (std::uint64_t address = child.next(); address != end; address = child.next()) {
        trace.addresses.push_back(address);
        const bool called = is_system_call(address);
        if (!child.step()) throw Failure{"the stepped operation ended its process"};
        if (has_changed(called) || called) trace.changes.push_back(trace.addresses.size());
    }
    return trace;
}

std::vector<Way> ways_through(const Trace& trace) {
    std::unordered_map<std::uint64_t, std::uint64_t> times;
    std::vector<Way> ways{Way{}};
    for (std::size_t n = 0; n < trace.addresses.size(); ++n) {
        const std::uint64_t address = trace.addresses[n];
        const Way direct{address, ++times[address], 0};
        if (n > 0 && direct.cost() < ways.back().cost()) {
            ways.back() = direct;
        }
        Way further = ways.back();
        ++further.steps;
        ways.push_back(further);
    }
    return ways;
}

}  // namespace belfry::test
