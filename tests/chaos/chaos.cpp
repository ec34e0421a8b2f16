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

constexpr microseconds between_blows{40'000};
constexpr microseconds without_supervisor{100'000};

/// Longer than the 200 ms after which whoever waits for the lock kills a holder that is stopped.
constexpr microseconds max_stop{400'000};

/// Of all processes of a server only sessions and the supervisor hold a socket.
bool holds_socket(pid_t pid) {
    std::error_code gone;
    const std::filesystem::path folder = "/proc/" + std::to_string(pid) + "/fd";
    for (std::filesystem::directory_iterator entry{folder, gone}, end; !gone && entry != end;
         entry.increment(gone)) {
        std::error_code closed;
        const auto target = std::filesystem::read_symlink(entry->path(), closed).string();
        if (target.starts_with("socket:")) return true;
    }
    return false;
}

bool is_still(const ProcessInfo& process) {
    const auto now = process_info(process.pid);
    return now && now->start_time == process.start_time;
}

/// Whether a supervisor speaks of a death by a signal that no test sends.
bool is_complaint(std::string_view line) {
    const auto at = line.find("was killed by signal ");
    return at != std::string_view::npos && !line.ends_with(" 9");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Harm& harm) {
    return out << "sessions=" << harm.sessions << " archivers=" << harm.archivers
               << " supervisors=" << harm.supervisors << " servers=" << harm.servers
               << " machines=" << harm.machines << " stops=" << harm.stops
               << " resets=" << harm.resets << " strangers=" << harm.strangers;
}

void Chaos::rage(std::chrono::seconds duration) {
    const auto end = Clock::now() + duration;
    while (Clock::now() < end && !crowd_->has_faults()) {
        crowd_->pause(between_blows);
        (this->*choose_blow())();
        look_at_errors();
        // Now and then the next blow comes before anything flows again.
        if (!one_in(3)) continue;
        if (!crowd_->everybody_goes_on_after(crowd_->now())) {
            throw Failure("the pushes have stopped");
        }
    }
    strangers_.leave();
}

Chaos::Blow Chaos::choose_blow() {
    struct Choice {
        unsigned weight;
        Blow blow;
    };
    const std::array choices{
        Choice{30, &Chaos::kill_session},
        Choice{20, &Chaos::stop_some},
        Choice{20, &Chaos::send_stranger},
        Choice{12, &Chaos::cut_connection},
        Choice{8, &Chaos::kill_supervisor},
        Choice{4, &Chaos::kill_server},
        Choice{has_store_ ? 10U : 0U, &Chaos::kill_archiver},
    };
    std::vector<unsigned> weights;
    for (const Choice& choice : choices) weights.push_back(choice.weight);
    std::discrete_distribution<std::size_t> any(weights.begin(), weights.end());
    return choices[any(crowd_->random())].blow;
}

bool Chaos::one_in(unsigned count) {
    return std::uniform_int_distribution<unsigned>{1, count}(crowd_->random()) == 1;
}

std::vector<ProcessInfo> Chaos::sessions() {
    std::vector<ProcessInfo> found;
    for (const pid_t pid : crowd_->server().children()) {
        const auto info = process_info(pid);
        if (info && holds_socket(pid)) found.push_back(*info);
    }
    return found;
}

void Chaos::kill_any_session() {
    const auto alive = sessions();
    if (alive.empty()) return;
    std::uniform_int_distribution<std::size_t> any{0, alive.size() - 1};
    ::kill(alive[any(crowd_->random())].pid, SIGKILL);
    ++harm_.sessions;
}

void Chaos::kill_session() {
    do kill_any_session();
    while (one_in(4));
}

void Chaos::kill_archiver() {
    ::kill(crowd_->server().archiver(), SIGKILL);
    ++harm_.archivers;
}

/// While there is no supervisor, others may die, and nobody buries them.
void Chaos::kill_supervisor() {
    crowd_->server().kill_supervisor();
    ++harm_.supervisors;
    crowd_->pause(without_supervisor);
    if (one_in(2)) kill_any_session();
    if (one_in(4)) stop_some();
    start_again();
}

void Chaos::kill_server() {
    crowd_->server().kill_all();
    if (has_store_ && one_in(2)) {
        crowd_->server().lose_segment();
        ++harm_.machines;
    } else {
        ++harm_.servers;
    }
    start_again();
}

void Chaos::start_again() {
    look_at_errors();
    crowd_->server().start();
    crowd_->server_moved();
}

/// Many at a random moment: now and then one of them holds the lock.
void Chaos::stop_some() {
    std::vector<ProcessInfo> stopped;
    for (const ProcessInfo& session : sessions()) {
        if (one_in(3)) continue;
        ::kill(session.pid, SIGSTOP);
        stopped.push_back(session);
        ++harm_.stops;
    }
    crowd_->pause(max_stop);
    for (const ProcessInfo& session : stopped) {
        if (is_still(session)) ::kill(session.pid, SIGCONT);
    }
}

void Chaos::cut_connection() {
    crowd_->cut_any();
    ++harm_.resets;
}

void Chaos::send_stranger() {
    strangers_.send_one(crowd_->server().port(), crowd_->random());
    ++harm_.strangers;
}

void Chaos::look_at_errors() {
    for (const std::string& line : lines_of(crowd_->server().errors())) {
        if (is_complaint(line)) complaints_.insert(line);
    }
}

}  // namespace belfry::test
