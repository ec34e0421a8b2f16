#include "ctl/readable_segment.hpp"

#include "ctl/refusal.hpp"

namespace belfry::ctl {
namespace {

const char* why_not_readable(shm::SegmentState state) {
    if (state == shm::SegmentState::torn) return " is incomplete: its creation did not finish";
    if (state == shm::SegmentState::unsound) {
        return " is damaged: its sizes and offsets are inconsistent";
    }
    return " has a different layout version than this program";
}

}  // namespace

std::optional<shm::FoundSegment> find_readable_segment(const std::filesystem::path& data_dir,
                                                       boost::interprocess::mode_t mode) {
    auto found = shm::find_segment(data_dir, mode);
    if (!found || shm::is_readable(found->state)) return found;
    throw Refusal{"the segment of " + data_dir.string() + why_not_readable(found->state)};
}

}  // namespace belfry::ctl
