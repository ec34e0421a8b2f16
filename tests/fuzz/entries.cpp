#include "cluster/apply.hpp"
#include "tests/fuzz/check.hpp"
#include "wire/entry.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace belfry::fuzz {
namespace {

using cluster::Batch;
using cluster::Changes;
using cluster::State;
using cluster::Verdict;

constexpr std::uint64_t incarnation = 0x0a;
constexpr std::uint64_t max_payload = 100;

std::string encoded(const wire::Entry& entry) {
    const wire::EntryHead head{entry};
    return std::string{head.bytes()}.append(entry.body);
}

/// Returns what stands in the outbox before the input: a node, and two clients that are logged in.
std::string beginning() {
    using wire::EntryKind;
    return encoded({.kind = EntryKind::node, .name = "a", .login = incarnation, .body = "a:1"}) +
           encoded({.kind = EntryKind::login, .name = "ann", .login = 1}) +
           encoded({.kind = EntryKind::login, .name = "bob", .login = 2});
}

/// A node that applies batches.
class Node {
  public:
    Verdict take(std::uint64_t position, std::string bytes) {
        const Batch batch{{incarnation, position, ++revision_}, std::move(bytes)};
        Changes changes;
        const State before = state_;
        const Verdict verdict = cluster::apply(state_, batch, max_payload, changes);
        for (const store::Message& message : changes.messages) check(message);
        if (cluster::must_stop(verdict) && !(state_ == before))
            throw Broken{"a batch that stops the node has changed its state"};
        return verdict;
    }

    [[nodiscard]] State state() const {
        State state = state_;
        state.position.revision = 0;
        return state;
    }

  private:
    void check(const store::Message& message) {
        if (message.id != ++last_id_) throw Broken{"an id is missing"};
        if (message.time_ms < last_time_ms_) throw Broken{"the time of a message is too early"};
        if (message.body.size() > max_payload) throw Broken{"a message is too long"};
        last_time_ms_ = message.time_ms;
    }

    State state_;
    std::int64_t revision_ = 0;
    std::uint64_t last_id_ = 0;
    std::uint64_t last_time_ms_ = 0;
};

}  // namespace

void check_entries(std::string_view input) {
    const std::string start = beginning();
    Node whole;
    if (whole.take(0, start) != Verdict::applied) throw Broken{"the beginning is not applied"};
    Node cut = whole;
    const std::string bytes{input};
    const Verdict verdict = whole.take(start.size(), bytes);
    const State after = whole.state();
    // A malformed batch has ended its incarnation.
    const Verdict expected = verdict == Verdict::malformed ? Verdict::foreign : verdict;
    if (whole.take(start.size(), bytes) != expected || !(whole.state() == after))
        throw Broken{"a repeated batch has changed something"};
    if (verdict != Verdict::applied) return;
    for (std::size_t at = 0; at < bytes.size();) {
        const auto size = wire::entry_bytes(input.substr(at));
        if (!size || *size == 0) throw Broken{"an applied batch has no entry at its position"};
        if (cut.take(start.size() + at, bytes.substr(at, *size)) != Verdict::applied)
            throw Broken{"an entry that is applied with others is not applied alone"};
        at += *size;
    }
    if (!(cut.state() == after)) throw Broken{"the state depends on how the log is cut"};
}

}  // namespace belfry::fuzz
