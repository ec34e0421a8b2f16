#include "tests/support/crash/verdict.hpp"

#include <algorithm>
#include <numeric>
#include <ostream>

namespace belfry::test {
namespace {

/// Counts how often each message of each sender is in a view, and checks their order.
void judge_view(const View& view, std::span<const std::uint64_t> made, Verdict& verdict) {
    std::vector<std::vector<int>> times(made.size());
    for (std::size_t sender = 0; sender < made.size(); ++sender) times[sender].resize(made[sender]);
    std::vector<std::uint64_t> last(made.size());
    for (const Entry& entry : view.log) {
        if (entry.sender >= made.size() || entry.number == 0 || entry.number > made[entry.sender]) {
            ++verdict.torn;
            continue;
        }
        ++times[entry.sender][entry.number - 1];
        if (entry.number < last[entry.sender]) ++verdict.reordered;
        last[entry.sender] = entry.number;
    }
    for (const auto& of_sender : times) {
        for (const int count : of_sender) {
            if (count == 0) ++verdict.lost;
            if (count > 1) ++verdict.doubled;
        }
    }
    verdict.torn += view.torn;
    verdict.doubled += view.contradictions;
}

}  // namespace

Verdict judge(std::span<const View> views, std::span<const std::uint64_t> made) {
    Verdict verdict;
    verdict.messages = std::accumulate(made.begin(), made.end(), std::uint64_t{0});
    for (const View& view : views) {
        judge_view(view, made, verdict);
        const std::size_t common = std::min(view.log.size(), views.front().log.size());
        for (std::size_t at = 0; at < common; ++at) {
            if (view.log[at] != views.front().log[at]) ++verdict.reordered;
        }
    }
    return verdict;
}

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
    return out << "messages=" << verdict.messages << " lost=" << verdict.lost
               << " doubled=" << verdict.doubled << " torn=" << verdict.torn
               << " reordered=" << verdict.reordered;
}

}  // namespace belfry::test
