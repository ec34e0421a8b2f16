#include "ctl/kick.hpp"

#include "base/process.hpp"
#include "ctl/cluster_status.hpp"
#include "ctl/refusal.hpp"
#include "shm/client_table.hpp"
#include "shm/session_timeouts.hpp"

#include <ostream>

namespace belfry::ctl {

SessionEnd end_session(const shm::Segment& segment, std::uint32_t row) {
    const auto session = shm::online_session(segment, row);
    if (!session) return SessionEnd::not_online;
    const base::UniqueFd process = shm::open_session(segment, *session);
    if (!process) return SessionEnd::not_online;
    return base::end_process(process, shm::kill_timeout) ? SessionEnd::ended
                                                         : SessionEnd::still_running;
}

void kick(std::ostream& out, const shm::Segment& segment, const std::string& client_id) {
    const auto row = shm::find_row(segment, client_id);
    if (!row) throw Refusal{"the server does not know client " + client_id};
    switch (end_session(segment, *row)) {
        case SessionEnd::not_online: {
            const std::string node = node_of(segment, *row);
            throw Refusal{"client " + client_id + " is not online" +
                          (node.empty() ? "" : " here, but at node " + node)};
        }
        case SessionEnd::still_running:
            throw Refusal{"the session of client " + client_id + " did not exit"};
        case SessionEnd::ended:
            out << "ended the session of client " << client_id << '\n';
    }
}

}  // namespace belfry::ctl
