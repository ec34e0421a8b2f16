#include "cluster/apply.hpp"
#include "shm/seq_rules.hpp"
#include "tests/unit/cluster/written_entries.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <vector>

/// Random logs of three nodes and three clients, judged by a model that is written as simply as the
/// rules can be.
namespace belfry::test {
namespace {

using cluster::Batch;
using cluster::Verdict;

constexpr std::uint64_t max_payload = 1000;
constexpr std::uint64_t far_seq = std::uint64_t{1} << 62;

struct Op {
    int kind = 0;
    std::string name = {};
    std::uint64_t login = 0;
    std::uint64_t number = 0;
    std::uint64_t time_ms = 0;
    std::string body = {};
};

/// What the rules make of entries that arrive one after the other, each once.
class Model {
  public:
    struct Client {
        std::vector<std::uint64_t> seqs{0};  ///< the accepted ones since the last reset
        std::uint64_t login = 0;
        std::string node;
        std::uint64_t cursor = 0;
        std::uint64_t free = 0;
    };
    struct Line {
        std::string sender;
        std::uint64_t seq = 0;
        std::uint64_t time_ms = 0;
        std::string body;
    };

    void take(const std::string& node, const Op& op) {
        switch (op.kind) {
            case 1:
                return message(op);
            case 2:
                if (clients[op.name].login != op.number) return;
                clients[op.name].login = op.login;
                clients[op.name].node = node;
                return;
            case 3:
            case 4: {
                Client& client = clients[op.name];
                if (client.login != op.login) return;
                for (std::uint64_t id = 1; id <= lines.size() && id <= op.number; ++id)
                    if (id > client.cursor) client.cursor = id;
                if (op.kind == 3) log_out(client);
                return;
            }
            case 5:
                for (auto& [name, client] : clients)
                    if (client.node == node) log_out(client);
                return;
            case 6:
                for (int count = 0; count < 1000; ++count)
                    if (first_id < op.number && first_id <= lines.size()) ++first_id;
                return;
            case 7:
                log_out(clients[op.name]);
                clients[op.name].seqs = {clients[op.name].free};
                return;
            default:
                throw std::logic_error{"no such kind"};
        }
    }

    std::map<std::string, Client> clients;
    std::vector<Line> lines;
    std::uint64_t first_id = 1;

  private:
    static void log_out(Client& client) {
        client.login = 0;
        client.node = "";
    }

    void message(const Op& op) {
        Client& client = clients[op.name];
        const std::uint64_t last = client.seqs.back();
        if (client.login != op.login || op.number <= last) return;
        if (op.number > far_seq && op.number - last > (std::uint64_t{1} << 32)) return;
        client.seqs.push_back(op.number);
        if (op.number <= far_seq) client.free = op.number;
        const std::uint64_t before = lines.empty() ? 0 : lines.back().time_ms;
        lines.push_back({op.name, op.number, std::max(before, op.time_ms), op.body});
    }
};

/// Applies batches as a node does, and keeps the log.
class Node {
  public:
    Verdict take(const Batch& batch) {
        cluster::Changes changes;
        Batch copy = batch;
        copy.key.revision = ++revision_;
        const Verdict verdict = cluster::apply(state_, copy, max_payload, changes);
        for (const store::Message& message : changes.messages) {
            EXPECT_EQ(message.id, lines_.size() + 1);
            lines_.push_back({std::string{message.sender}, message.seq, message.time_ms,
                              std::string{message.body}});
        }
        return verdict;
    }

    /// Returns the state without its revision, which depends on how the log was cut.
    [[nodiscard]] cluster::State state() const {
        cluster::State state = state_;
        state.position.revision = 0;
        return state;
    }

    void expect_is(const Model& model) const {
        ASSERT_EQ(lines_.size(), model.lines.size());
        for (std::size_t at = 0; at < lines_.size(); ++at) {
            ASSERT_EQ(lines_[at].sender, model.lines[at].sender) << at;
            ASSERT_EQ(lines_[at].seq, model.lines[at].seq) << at;
            ASSERT_EQ(lines_[at].time_ms, model.lines[at].time_ms) << at;
            ASSERT_EQ(lines_[at].body, model.lines[at].body) << at;
        }
        ASSERT_EQ(state_.position.last_id, lines_.size());
        ASSERT_EQ(state_.position.first_id, model.first_id);
        for (const auto& [name, expected] : model.clients) {
            const auto found = state_.clients.find(name);
            const cluster::ClientState client =
                found == state_.clients.end() ? cluster::ClientState{} : found->second;
            ASSERT_EQ(client.seq, expected.seqs.back()) << name;
            ASSERT_EQ(client.free_seq, expected.free) << name;
            ASSERT_EQ(client.login, expected.login) << name;
            ASSERT_EQ(client.node, expected.node) << name;
            ASSERT_EQ(client.cursor, expected.cursor) << name;
        }
    }

  private:
    cluster::State state_;
    std::vector<Model::Line> lines_;
    std::int64_t revision_ = 0;
};

/// A node that writes entries, which reach the log later.
struct Writer {
    WrittenOutbox outbox;
    std::vector<Op> ops;
    std::size_t landed = 0;  ///< how many are in the log
};

class RandomLog {
  public:
    explicit RandomLog(unsigned seed) : random_{seed} {
        for (const char* name : {"a", "b", "c"}) writers_.push_back(new_writer(name));
    }

    void run(int steps) {
        for (int step = 0; step < steps; ++step) {
            Writer& writer = writers_[below(writers_.size())];
            write(writer, 1 + below(4));
            land(writers_[below(writers_.size())]);
            if (below(40) == 0) replace(writers_[below(writers_.size())]);
            if (step % 100 == 0) expect_equal();
            if (::testing::Test::HasFatalFailure()) return;
        }
        expect_equal();
    }

    [[nodiscard]] const Model& model() const { return model_; }

  private:
    std::uint64_t below(std::uint64_t end) { return random_() % end; }

    Writer new_writer(const std::string& name) {
        const std::uint64_t incarnation = random_();
        return {WrittenOutbox{name, incarnation}, {{5, name, incarnation, 0, 0, ""}}, 0};
    }

    /// Starts a node again. What its old outbox still holds never reaches the log in order.
    void replace(Writer& writer) {
        old_.push_back(writer);
        writer = new_writer(writer.outbox.node());
    }

    void write(Writer& writer, std::uint64_t count) {
        for (; count > 0; --count) {
            writer.ops.push_back(random_op());
            const Op& op = writer.ops.back();
            writer.outbox.put(
                written_entry(op.kind, op.name, op.login, op.number, op.time_ms, op.body));
        }
    }

    Op random_op() {
        static const std::vector<std::string> names{"ann", "bob", "cat"};
        const std::string name = names[below(names.size())];
        const Model::Client& client = model_.clients[name];
        const std::uint64_t last = client.seqs.back();
        // Usually the right login, sometimes an earlier one or none.
        const std::uint64_t login =
            client.login != 0 && below(5) != 0 ? client.login : 1 + below(8);
        switch (below(12)) {
            case 0:
            case 1:
                return {2, name, 1 + random_() % 1000, below(4) != 0 ? client.login : below(8)};
            case 2:
                return {3, name, login, below(model_.lines.size() + 5)};
            case 3:
                return {4, name, login, below(model_.lines.size() + 5)};
            case 4:
                if (below(3) != 0) break;
                return {6, "", 0, below(model_.lines.size() + 5)};
            case 5:
                if (below(10) != 0) break;
                return {7, name};
            default:
                break;
        }
        return {1, name, login, random_seq(last), 1000 + below(1000), random_body()};
    }

    std::uint64_t random_seq(std::uint64_t last) {
        switch (below(20)) {
            case 0:
                return below(last + 1);
            case 1:
                return last + below(100);
            case 2:
                return far_seq + below(100);
            case 3:
                return random_();
            default:
                return last + 1;
        }
    }

    std::string random_body() {
        std::string body(below(40), '\0');
        for (char& byte : body) byte = static_cast<char>(random_());
        return body;
    }

    /// Lets some entries of a node reach the log: one batch for each at the plain node, and cut at
    /// random, with repetitions and holes and late batches in between, at the others.
    void land(Writer& writer) {
        const std::size_t from = writer.landed;
        const std::size_t end = from + below(writer.ops.size() - from + 1);
        for (std::size_t at = from; at < end; ++at) {
            model_.take(writer.outbox.node(), writer.ops[at]);
            EXPECT_EQ(plain_.take(writer.outbox.batch(at, at + 1, 0)), Verdict::applied);
        }
        for (Node& node : cut_) {
            for (std::size_t at = from; at < end;) {
                disturb(node, writer, at);
                const std::size_t first = below(3) == 0 ? below(at + 1) : at;
                const std::size_t last = at + 1 + below(end - at);
                EXPECT_EQ(node.take(writer.outbox.batch(first, last, 0)), Verdict::applied);
                at = last;
            }
        }
        writer.landed = end;
    }

    /// Gives a node a batch that must change nothing.
    void disturb(Node& node, const Writer& writer, std::size_t next) {
        const WrittenOutbox& outbox = writer.outbox;
        if (below(3) == 0 && next > 0) {
            const std::size_t first = below(next);
            const std::size_t last = first + 1 + below(next - first);
            EXPECT_EQ(node.take(outbox.batch(first, last, 0)), Verdict::applied);
        }
        if (below(3) == 0 && next > 0 && next + 1 < outbox.entries()) {
            const std::size_t first = next + 1 + below(outbox.entries() - next - 1);
            EXPECT_EQ(node.take(outbox.batch(first, outbox.entries(), 0)), Verdict::hole);
        }
        if (below(3) == 0 && !old_.empty()) disturb_late(node, old_[below(old_.size())].outbox);
    }

    /// Gives a node a late batch of an earlier incarnation, if the later one is in the log. It
    /// never has the first entry: no batch is created for an earlier incarnation.
    void disturb_late(Node& node, const WrittenOutbox& old) {
        const std::size_t first = 1 + below(old.entries());
        const auto now = std::ranges::find_if(
            writers_, [&old](const Writer& writer) { return writer.outbox.node() == old.node(); });
        if (first < old.entries() && now->landed > 0) {
            EXPECT_EQ(node.take(old.batch(first, old.entries(), 0)), Verdict::foreign);
        }
    }

    void expect_equal() const {
        plain_.expect_is(model_);
        for (const Node& node : cut_) {
            node.expect_is(model_);
            ASSERT_EQ(node.state(), plain_.state());
        }
    }

    std::mt19937_64 random_;
    std::vector<Writer> writers_;
    std::vector<Writer> old_;
    Model model_;
    Node plain_;
    std::vector<Node> cut_{2};
};

TEST(ApplyRandomly, NodesThatGetALogInDifferentCutsAndWithRepetitionsAgreeWithTheRules) {
    const char* const given = std::getenv("BELFRY_SEED");
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given))
                                           : std::random_device{}() % 1'000'000;
    std::cout << "BELFRY_SEED=" << seed << '\n';
    std::size_t messages = 0;
    for (unsigned round = 0; round < 20 && !HasFatalFailure(); ++round) {
        RandomLog log{seed + round};
        log.run(1000);
        messages += log.model().lines.size();
    }
    std::cout << messages << " messages\n";
    EXPECT_GT(messages, 1000U);
}

}  // namespace
}  // namespace belfry::test
