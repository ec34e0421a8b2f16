#include "tests/chaos/chaos.hpp"

#include "tests/support/failure.hpp"

#include <signal.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <ostream>

namespace belfry::test {
namespace {

using std::chrono::microseconds;

constexpr microseconds between_attacks{40'000};
constexpr microseconds without_supervisor{100'000};

/// Must exceed 200 ms, because a process that waits that long for the lock kills a stopped holder.
constexpr microseconds max_stop{400'000};

/// True if the process still exists. The start time distinguishes it from a later process with the
/// same pid.
bool is_alive(const ProcessInfo& process) {
    const auto now = process_info(process.pid);
    return now && now->start_time == process.start_time;
}

/// True if the line reports a death by a signal other than SIGKILL, the only one that tests send.
bool is_complaint(std::string_view line) {
    const auto at = line.find("was killed by signal ");
    return at != std::string_view::npos && !line.ends_with(" 9");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Harm& harm) {
    return out << "sessions=" << harm.sessions << " relays=" << harm.relays
               << " gates=" << harm.gates << " archivers=" << harm.archivers
               << " supervisors=" << harm.supervisors << " servers=" << harm.servers
               << " machines=" << harm.machines << " stops=" << harm.stops
               << " resets=" << harm.resets << " strangers=" << harm.strangers;
}

void Chaos::attack_for(std::chrono::seconds duration) {
    const auto end = Clock::now() + duration;
    while (Clock::now() < end && !crowd_->has_faults()) {
        crowd_->pause(between_attacks);
        (this->*choose_attack())();
        collect_complaints();
        // In two of three cases the next attack comes before clients receive messages again.
        if (!one_in(3)) continue;
        if (!crowd_->everybody_goes_on_after(crowd_->now())) {
            throw Failure("clients receive no more messages");
        }
    }
    strangers_.close_all();
}

Chaos::Attack Chaos::choose_attack() {
    struct Choice {
        unsigned weight;
        Attack attack;
    };
    const std::array choices{
        Choice{30, &Chaos::kill_session},
        Choice{15, &Chaos::kill_relay},
        Choice{8, &Chaos::kill_gate},
        Choice{20, &Chaos::stop_sessions},
        Choice{20, &Chaos::send_stranger},
        Choice{12, &Chaos::cut_connection},
        Choice{8, &Chaos::kill_supervisor},
        Choice{4, &Chaos::kill_server},
        Choice{has_store_ ? 10U : 0U, &Chaos::kill_archiver},
    };
    std::vector<unsigned> weights;
    for (const Choice& choice : choices) weights.push_back(choice.weight);
    std::discrete_distribution<std::size_t> any(weights.begin(), weights.end());
    return choices[any(crowd_->random())].attack;
}

bool Chaos::one_in(unsigned count) {
    return std::uniform_int_distribution<unsigned>{1, count}(crowd_->random()) == 1;
}

/// @return false if there is none
bool Chaos::kill_any(const std::vector<pid_t>& pids) {
    if (pids.empty()) return false;
    std::uniform_int_distribution<std::size_t> any{0, pids.size() - 1};
    ::kill(pids[any(crowd_->random())], SIGKILL);
    return true;
}

void Chaos::kill_any_session() {
    if (kill_any(crowd_->server().sessions())) ++harm_.sessions;
}

void Chaos::kill_session() {
    do kill_any_session();
    while (one_in(4));
}

void Chaos::kill_relay() {
    if (kill_any(crowd_->server().relays())) ++harm_.relays;
}

void Chaos::kill_gate() {
    const auto gate = crowd_->server().status().at("gate").at("pid").get<pid_t>();
    if (gate == 0) return;
    ::kill(gate, SIGKILL);
    ++harm_.gates;
}

void Chaos::kill_archiver() {
    ::kill(crowd_->server().archiver(), SIGKILL);
    ++harm_.archivers;
}

/// Other processes may also die while no supervisor runs that could reap them.
void Chaos::kill_supervisor() {
    crowd_->server().kill_supervisor();
    ++harm_.supervisors;
    crowd_->pause(without_supervisor);
    if (one_in(2)) kill_any_session();
    if (one_in(4)) kill_relay();
    if (one_in(4)) stop_sessions();
    restart();
}

void Chaos::kill_server() {
    crowd_->server().kill_all();
    if (has_store_ && one_in(2)) {
        crowd_->server().lose_segment();
        ++harm_.machines;
    } else {
        ++harm_.servers;
    }
    restart();
}

void Chaos::restart() {
    collect_complaints();
    crowd_->server().start();
    crowd_->server_moved();
}

/// Stops about two thirds of the sessions and relays at once, so that a session that holds the lock
/// is sometimes among them.
void Chaos::stop_sessions() {
    std::vector<pid_t> candidates = crowd_->server().sessions();
    std::ranges::copy(crowd_->server().relays(), std::back_inserter(candidates));
    std::vector<ProcessInfo> stopped;
    for (const pid_t pid : candidates) {
        const auto process = process_info(pid);
        if (!process || one_in(3)) continue;
        ::kill(pid, SIGSTOP);
        stopped.push_back(*process);
        ++harm_.stops;
    }
    crowd_->pause(max_stop);
    for (const ProcessInfo& process : stopped) {
        if (is_alive(process)) ::kill(process.pid, SIGCONT);
    }
}

void Chaos::cut_connection() {
    crowd_->cut_any();
    ++harm_.resets;
}

void Chaos::send_stranger() {
    const Server& server = crowd_->server();
    strangers_.send_one(one_in(2) ? server.port() : server.tls_port(), crowd_->random());
    ++harm_.strangers;
}

void Chaos::collect_complaints() {
    for (const std::string& line : lines_of(crowd_->server().errors())) {
        if (is_complaint(line)) complaints_.insert(line);
    }
}

}  // namespace belfry::test
