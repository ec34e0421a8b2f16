#include "cluster/check.hpp"

#include "base/random.hpp"
#include "cluster/engine_failure.hpp"
#include "cluster/log_question.hpp"

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

/// How often the nodes are asked, if messages are deleted before they have answered.
constexpr int max_attempts = 5;

using Nodes = std::set<std::string>;
using Answers = std::map<std::string, LogAnswer>;

/// Returns the part of a key after its last slash.
std::string name_in(const std::string& key) {
    return key.substr(key.rfind('/') + 1);
}

Nodes living_nodes(Engine& engine) {
    Nodes nodes;
    for (const Value& value : value_of(engine.read_all("alive/")).values) {
        nodes.insert(name_in(value.key));
    }
    return nodes;
}

/// Asks the nodes, and waits until all have answered, or until the timeout.
Answers ask(Engine& engine, const Nodes& nodes, const LogQuestion& question) {
    const Lease lease = value_of(engine.grant_lease(lifetime));
    const std::string key = "ask/" + base::random_hex(16);
    static_cast<void>(value_of(engine.put(key, question.text(), lease)));
    Answers answers;
    const auto end = Clock::now() + timeout;
    auto next_keep = Clock::now() + keep_interval;
    while (answers.size() < nodes.size() && Clock::now() < end) {
        std::this_thread::sleep_for(look_interval);
        for (const Value& value : value_of(engine.read_all(key + '/')).values) {
            const auto answer = parse_log_answer(value.value);
            const std::string node = name_in(value.key);
            if (answer && nodes.contains(node)) answers[node] = *answer;
        }
        if (Clock::now() < next_keep) continue;
        next_keep = Clock::now() + keep_interval;
        static_cast<void>(engine.keep_lease(lease));
    }
    static_cast<void>(engine.revoke_lease(lease));
    return answers;
}

bool has_messages(const LogQuestion& question) noexcept {
    return question.first_id <= question.last_id;
}

/// The answers to this question tell which messages the nodes have.
constexpr LogQuestion no_messages{1, 0};

/// Returns the messages that all nodes had when they answered.
LogQuestion common_messages(const Answers& answers) {
    if (answers.empty()) return no_messages;
    LogQuestion common{0, std::numeric_limits<std::uint64_t>::max()};
    for (const auto& [node, answer] : answers) {
        common.first_id = std::max(common.first_id, answer.first_id);
        common.last_id = std::min(common.last_id, answer.last_id);
    }
    return common;
}

/// Tells whether a node has deleted some of the messages that it was asked for.
bool were_deleted(const LogQuestion& asked, const Answers& answers) {
    return std::ranges::any_of(answers, [&asked](const auto& answered) {
        return answered.second.hash.empty() && answered.second.first_id > asked.first_id;
    });
}

/// Returns what all nodes have by now, without what they will probably delete before they have
/// answered again.
LogQuestion what_is_left(const LogQuestion& asked, const Answers& answers) {
    LogQuestion left = common_messages(answers);
    if (!has_messages(left)) return left;
    const std::uint64_t deleted = left.first_id - asked.first_id;
    left.first_id += std::min(deleted, (left.last_id - left.first_id) / 2);
    return left;
}

/// The nodes' answers to one question.
struct Comparison {
    LogQuestion asked;
    Answers answers;
};

/// Compares all messages that all nodes have. The nodes are first asked which ones these are,
/// because what they tell every few seconds without being asked is too old.
Comparison compare(Engine& engine, const Nodes& nodes) {
    Answers answers = ask(engine, nodes, no_messages);
    Nodes told;
    for (const auto& [node, answer] : answers) told.insert(node);
    LogQuestion asked = common_messages(answers);
    for (int attempt = 1; has_messages(asked); ++attempt) {
        answers = ask(engine, told, asked);
        if (attempt == max_attempts || !were_deleted(asked, answers)) break;
        asked = what_is_left(asked, answers);
    }
    return {asked, answers};
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

Verdict verdict_on(const std::string& node, const Comparison& compared,
                   const std::string& common_hash) {
    const auto answer = compared.answers.find(node);
    if (answer == compared.answers.end()) return {node, "no answer", ""};
    if (!has_messages(compared.asked)) return {node, "equal", ""};
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
    if (!has_messages(asked)) {
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
    const bool is_empty = !has_messages(asked);
    const nlohmann::ordered_json result{{"equal", are_equal},
                                        {"first_id", is_empty ? 0 : asked.first_id},
                                        {"last_id", is_empty ? 0 : asked.last_id},
                                        {"nodes", nodes}};
    out << result << '\n';
}

}  // namespace

bool check(std::ostream& out, Engine& engine, bool json) {
    const Nodes nodes = living_nodes(engine);
    if (nodes.empty()) throw EngineUnavailable{"no node of the cluster is alive"};
    const Comparison compared = compare(engine, nodes);
    const std::string hash = most_frequent_hash(compared.answers);
    std::vector<Verdict> verdicts;
    for (const std::string& node : nodes) {
        verdicts.push_back(verdict_on(node, compared, hash));
    }
    const bool are_equal = std::ranges::all_of(
        verdicts, [](const Verdict& verdict) { return verdict.word == "equal"; });
    (json ? print_json : print_text)(out, compared.asked, verdicts, are_equal);
    return are_equal;
}

}  // namespace belfry::cluster
