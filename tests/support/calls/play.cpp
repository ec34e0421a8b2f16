#include "tests/support/calls/play.hpp"

#include "tests/support/crash/payload.hpp"
#include "tests/support/crash/verdict.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/proc.hpp"

#include <signal.h>
#include <sys/shm.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

namespace belfry::test {
namespace {

constexpr std::size_t client_count = 3;
constexpr Milliseconds timeout{20'000};

constexpr int killed = 128 + SIGKILL;

/// The files that a clean stop leaves in a data directory.
const std::set<std::string> left_by_a_clean_stop{"alive", "belfry.db", "lock", "store-lock"};

}  // namespace

Play::Play(Server& server, KillPoint kill_point)
    : server_{server}, kill_point_{kill_point}, port_{0}, pace_{client_count} {
    std::filesystem::remove_all(server_.data_dir());
    for (const int life : {1, 2}) std::filesystem::remove(report_file(life));
}

Play::~Play() {
    clients_.clear();
    server_.kill_all();
    server_.lose_segment();
}

// --- The steps --------------------------------------------------------------------------------

Invocation Play::command() const {
    Invocation command = server_.command();
    command.arguments.insert(command.arguments.end(), more_.begin(), more_.end());
    return command;
}

void Play::start() {
    server_.start(command());
    port_ = server_.port();
}

void Play::start_traced(std::uint64_t nth) {
    ++traced_lives_;
    Invocation traced = command();
    const bool is_child = kill_point_.victim == Victim::archiver;
    traced.arguments.insert(traced.arguments.begin(),
                            {is_child ? "child" : "self", std::to_string(nth),
                             report_file(traced_lives_).string(), traced.program.string()});
    traced.program = beside_test_program("kill_at_call");
    is_traced_ = true;
    try {
        server_.start(traced);
        port_ = server_.port();
    } catch (const Failure&) {
        if (server_.is_running() || !was_killed_as_ordered()) throw;
    }
}

void Play::keep_messages(std::uint64_t count) {
    more_ = {"--keep-messages", std::to_string(count)};
    keep_ = count;
}

void Play::mend() {
    if (server_.is_running()) return;
    if (!is_traced_ || !was_killed_as_ordered()) {
        throw Failure("belfryd ended by itself with status " + std::to_string(server_.stop()) +
                      ": " + server_.errors());
    }
    is_traced_ = false;
    const std::uint64_t again = std::exchange(kill_point_.again, 0);
    if (again != 0) return start_traced(again);
    start();
}

template <class Goal>
void Play::reach(const std::string& what, Goal goal) {
    const auto is_reached = [&] {
        mend();
        require_no_faults();
        return goal();
    };
    if (!eventually(is_reached, timeout)) throw Failure("stuck: " + what);
}

void Play::everybody_comes() {
    while (clients_.size() < client_count) {
        clients_.push_back(std::make_unique<ExactClient>(
            clients_.size(), [this] { return RawClient{port_}; }, pace_, 0));
    }
    reach("a login", [this] {
        return std::ranges::all_of(clients_, [](const auto& client) { return client->is_live(); });
    });
}

void Play::everybody_says(std::uint64_t count) {
    said_ += count;
    for (const auto& client : clients_) client->may_make(said_);
    reach("a SENT, or a message", [this] { return all_have_taken_all(); });
}

bool Play::all_have_taken_all() const {
    return std::ranges::all_of(clients_, [this](const auto& client) {
        return client->made() == said_ && client->is_settled() &&
               client->taken() >= said_ * client_count;
    });
}

void Play::wait_for_cursors() {
    reach("an acknowledgement", [this] {
        const auto clients = server_.status().at("clients");
        return std::ranges::all_of(clients,
                                   [](const auto& client) { return client.at("behind") == 0; });
    });
}

void Play::lose_child() {
    const ExactClient& client = *clients_.front();
    const std::uint64_t breaks = client.breaks();
    ::kill(server_.child_of("1"), SIGKILL);
    reach("a client whose child was killed", [&] { return client.breaks() > breaks; });
    everybody_comes();
}

void Play::lose_archiver() {
    pid_t archiver = 0;
    reach("an archiver", [&] {
        archiver = server_.status().at("processes").at("archiver").get<pid_t>();
        return archiver != 0;
    });
    ::kill(archiver, SIGKILL);
}

void Play::remove_segment() {
    expect_shut_down();
    const auto segment = server_.segment();
    if (!segment || ::shmctl(segment->shmid, IPC_RMID, nullptr) != 0) {
        throw Failure("there is no segment to remove");
    }
}

void Play::stop() {
    expect_shut_down();
    reach("a check", [this] {
        require_check();
        return true;
    });
    reach("a clean stop", [this] { return stop_by_belfryd() || stop_by_belfryctl(); });
}

/// Stops belfryd with SIGTERM.
/// @return false if belfryd was killed during the stop
bool Play::stop_by_belfryd() {
    const int status = server_.stop();
    if (status == 0) return true;
    if (status == killed && is_traced_ && was_killed_as_ordered()) return false;
    throw Failure("belfryd stopped with status " + std::to_string(status) + ": " +
                  server_.errors());
}

/// Completes the stop with belfryctl.
/// @return false if it is not belfryctl's turn, or if there is no segment any more
bool Play::stop_by_belfryctl() const {
    if (kill_point_.nth % 2 == 0 || !server_.segment()) return false;
    const Result result = server_.belfryctl({"stop"});
    if (result.status == 0) return true;
    throw Failure("belfryctl stop: " + result.out + result.err);
}

void Play::expect_shut_down() const {
    for (const auto& client : clients_) client->expect_shut_down();
}

void Play::require_no_faults() const {
    for (const auto& client : clients_) {
        if (!client->has_faults()) continue;
        client->stop();
        throw Failure(client->view().faults.front());
    }
}

void Play::require_check() const {
    const Result check = server_.belfryctl({"check"});
    if (check.status != 0) throw Failure("belfryctl check: " + check.out + check.err);
}

// --- The report of kill_at_call ---------------------------------------------------------------

std::filesystem::path Play::report_file(int life) const {
    return server_.folder() / ("report-" + std::to_string(life));
}

std::optional<VictimEnd> Play::report(int life) const {
    return read_report(report_file(life));
}

std::optional<VictimEnd> read_report(const std::filesystem::path& path) {
    std::ifstream in{path};
    std::string line;
    if (!std::getline(in, line) || in.eof()) return std::nullopt;  // not complete yet
    std::istringstream words{line};
    std::string how;
    VictimEnd end{};
    words >> how >> end.calls >> end.number;
    end.was_killed = how == "killed";
    return end;
}

/// True if the report, which is written before the kill, says that the victim was killed.
bool Play::was_killed_as_ordered() const {
    const auto end = report(traced_lives_);
    return end && end->was_killed;
}

VictimEnd Play::end() const {
    std::optional<VictimEnd> end;
    if (!eventually([&] { return (end = report(1)).has_value(); })) {
        throw Failure("the tracer has written no report");
    }
    return *end;
}

// --- At the end -------------------------------------------------------------------------------

void Play::judge(Findings& findings) {
    for (const auto& client : clients_) client->stop();
    judge_leftovers(findings);  // first, since reading the store leaves files beside it
    judge_views(findings);
    judge_store(findings);
}

void Play::judge_views(Findings& findings) const {
    std::vector<View> views;
    for (const auto& client : clients_) {
        views.push_back(client->view());
        for (const auto& fault : client->view().faults) {
            findings.require(false, &Findings::torn, fault);
        }
    }
    const std::vector<std::uint64_t> made(clients_.size(), said_);
    const Verdict verdict = test::judge(views, made);
    findings.require(verdict.lost == 0, &Findings::lost, "a client misses a message");
    findings.require(verdict.doubled == 0, &Findings::doubled, "a client has a message twice");
    findings.require(verdict.torn == 0, &Findings::torn, "a client has a torn message");
    findings.require(verdict.reordered == 0, &Findings::torn,
                     "two clients have different messages under one id");
}

/// Checks that the store holds the messages that the clients received, under the same ids.
void Play::judge_store(Findings& findings) const {
    const std::vector<Entry>& log = clients_.front()->view().log;
    const auto lines = lines_of(server_.belfryctl({"export", "--json"}).out);
    findings.require(!lines.empty(), &Findings::lost, "the store cannot be exported");
    if (lines.empty()) return;
    const auto first_id = nlohmann::json::parse(lines.front()).at("first_id").get<std::uint64_t>();
    const std::uint64_t kept = log.size() + 1 - std::min<std::uint64_t>(first_id, log.size() + 1);
    findings.require(kept >= std::min<std::uint64_t>(keep_, log.size()), &Findings::lost,
                     "retention has deleted too many messages");
    findings.require(lines.size() - 1 <= kept, &Findings::doubled,
                     "the store holds too many messages");
    findings.require(lines.size() - 1 >= kept, &Findings::lost, "the store lacks messages");
    for (std::size_t at = 1; at < lines.size(); ++at) {
        const auto message = nlohmann::json::parse(lines[at]);
        const auto id = message.at("id").get<std::uint64_t>();
        const auto tag = read_payload(message.value("text", ""));
        const bool is_right =
            tag && id <= log.size() && log[id - 1] == Entry{tag->sender, tag->number};
        findings.require(is_right, &Findings::torn,
                         "the store holds a different message: " + lines[at]);
    }
    const Result check = server_.belfryctl({"check"});
    findings.require(check.status == 0, &Findings::torn, "belfryctl check: " + check.out);
}

void Play::judge_leftovers(Findings& findings) const {
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{server_.data_dir()}) {
        files.insert(entry.path().filename().string());
    }
    std::string names;
    for (const std::string& file : files) names += " " + file;
    findings.require(files == left_by_a_clean_stop, &Findings::torn, "files are left:" + names);
    findings.require(!std::filesystem::exists(server_.folder() / "port"), &Findings::torn,
                     "the port file is left");
    findings.require(!server_.segment(), &Findings::torn, "the segment is left");
    findings.require(server_.all_processes().empty(), &Findings::torn, "a process is left");
}

}  // namespace belfry::test
