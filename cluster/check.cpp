#include "cluster/check.hpp"

#include "base/random.hpp"
#include "cluster/engine_unavailable.hpp"
#include "cluster/log_question.hpp"
#include "cluster/node_record.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace belfry::cluster {
namespace {

using Clock = std::chrono::steady_clock;

/// How long the nodes may take to hash their messages.
constexpr std::chrono::seconds timeout{120};

/// The question vanishes this long after its asker has been killed.
constexpr std::chrono::seconds lifetime{30};
constexpr std::chrono::milliseconds look_interval{100};
constexpr std::chrono::seconds keep_interval{5};

/// The messages that all living nodes have stored, and these nodes.
struct Common {
    LogQuestion question{0, std::numeric_limits<std::uint64_t>::max()};
    std::set<std::string> nodes;
};

/// Returns the part of a key after its last slash.
std::string name_in(const std::string& key) {
    return key.substr(key.rfind('/') + 1);
}

Common find_common(Engine& engine) {
    Common common;
    for (const Value& value : value_of(engine.read_all("alive/")).values) {
        common.nodes.insert(name_in(value.key));
    }
    for (const Value& value : value_of(engine.read_all("node/")).values) {
        const auto record = parse_node_record(value.value);
        if (!record || !common.nodes.contains(name_in(value.key))) continue;
        common.question.first_id = std::max(common.question.first_id, record->first_id);
        common.question.last_id = std::min(common.question.last_id, record->last_id);
    }
    return common;
}

using Answers = std::map<std::string, LogAnswer>;

/// Asks the nodes, and waits until all have answered, or until the timeout.
Answers ask(Engine& engine, const Common& common) {
    const Lease lease = value_of(engine.grant_lease(lifetime));
    const std::string key = "ask/" + base::random_hex(16);
    static_cast<void>(value_of(engine.put(key, common.question.text(), lease)));
    Answers answers;
    const auto end = Clock::now() + timeout;
    auto next_keep = Clock::now() + keep_interval;
    while (answers.size() < common.nodes.size() && Clock::now() < end) {
        std::this_thread::sleep_for(look_interval);
        for (const Value& value : value_of(engine.read_all(key + '/')).values) {
            const auto answer = parse_log_answer(value.value);
            const std::string node = name_in(value.key);
            if (answer && common.nodes.contains(node)) answers[node] = *answer;
        }
        if (Clock::now() < next_keep) continue;
        next_keep = Clock::now() + keep_interval;
        static_cast<void>(engine.keep_lease(lease));
    }
    static_cast<void>(engine.revoke_lease(lease));
    return answers;
}

/// Returns the hash that most of the nodes have.
std::string most_frequent_hash(const Answers& answers) {
    std::map<std::string, std::size_t> counts;
    for (const auto& [node, answer] : answers) ++counts[answer.hash];
    const auto most =
        std::ranges::max_element(counts, {}, [](const auto& counted) { return counted.second; });
    return most == counts.end() ? "" : most->first;
}

/// What a node has answered.
struct Verdict {
    std::string node;
    std::string_view word;
    std::string hash;  ///< empty if it has told none
};

Verdict verdict_on(const std::string& node, const Answers& answers,
                   const std::string& common_hash) {
    const auto answer = answers.find(node);
    if (answer == answers.end()) return {node, "no answer", ""};
    const std::string& hash = answer->second.hash;
    if (hash.empty()) return {node, "messages missing", ""};
    return {node, hash == common_hash ? "equal" : "different", hash};
}

void print_text(std::ostream& out, const LogQuestion& asked, const std::vector<Verdict>& verdicts,
                bool are_equal) {
    for (const Verdict& verdict : verdicts) {
        out << verdict.node << ": " << verdict.word;
        if (!verdict.hash.empty()) out << ' ' << verdict.hash;
        out << '\n';
    }
    if (asked.first_id > asked.last_id) {
        out << "there are no messages that all nodes have\n";
    } else {
        out << "messages " << asked.first_id << " to " << asked.last_id << ": "
            << (are_equal ? "all nodes have the same" : "the nodes do not have the same") << '\n';
    }
}

void print_json(std::ostream& out, const LogQuestion& asked, const std::vector<Verdict>& verdicts,
                bool are_equal) {
    nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
    for (const Verdict& verdict : verdicts) {
        nodes.push_back(
            {{"name", verdict.node}, {"verdict", verdict.word}, {"hash", verdict.hash}});
    }
    const bool has_messages = asked.first_id <= asked.last_id;
    const nlohmann::ordered_json result{{"equal", are_equal},
                                        {"first_id", has_messages ? asked.first_id : 0},
                                        {"last_id", has_messages ? asked.last_id : 0},
                                        {"nodes", nodes}};
    out << result << '\n';
}

}  // namespace

bool check(std::ostream& out, Engine& engine, bool json) {
    const Common common = find_common(engine);
    if (common.nodes.empty()) throw EngineUnavailable{"no node of the cluster is alive"};
    const bool has_messages = common.question.first_id <= common.question.last_id;
    const Answers answers = has_messages ? ask(engine, common) : Answers{};
    const std::string hash = most_frequent_hash(answers);
    std::vector<Verdict> verdicts;
    for (const std::string& node : common.nodes) {
        verdicts.push_back(has_messages ? verdict_on(node, answers, hash)
                                        : Verdict{node, "equal", ""});
    }
    const bool are_equal = std::ranges::all_of(
        verdicts, [](const Verdict& verdict) { return verdict.word == "equal"; });
    (json ? print_json : print_text)(out, common.question, verdicts, are_equal);
    return are_equal;
}

}  // namespace belfry::cluster
