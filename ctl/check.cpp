#include "ctl/check.hpp"

#include "ctl/human.hpp"
#include "ctl/refusal.hpp"
#include "shm/invariants.hpp"
#include "store/store_check.hpp"
#include "store/store_file.hpp"
#include "wire/entry.hpp"
#include "wire/record.hpp"

#include <ostream>
#include <string>
#include <vector>

namespace belfry::ctl {
namespace {

bool print(std::ostream& out, const std::vector<std::string>& problems, const char* no_problem) {
    for (const std::string& sentence : problems) out << plain(sentence) << '\n';
    if (problems.empty()) out << no_problem << '\n';
    return problems.empty();
}

bool check_store_and_segment(std::ostream& out, const std::filesystem::path& data_dir,
                             const shm::Segment& segment, bool ring_is_whole) {
    if (!store::has_store(data_dir)) {
        return print(out, {"the store is gone: no file " + store::store_file(data_dir).string()},
                     "");
    }
    return print(out, store::problems_between(data_dir, segment, ring_is_whole),
                 ring_is_whole ? "the store is intact and matches the segment"
                               : "the store is intact; it was not compared with the damaged log");
}

}  // namespace

bool check(std::ostream& out, const std::filesystem::path& data_dir,
           const std::optional<shm::FoundSegment>& found) {
    if (!found) {
        if (!store::has_store(data_dir)) {
            throw Refusal{"no server segment and no store in " + data_dir.string()};
        }
        return print(out, store::problems_in_store(data_dir), "the store is intact");
    }
    const bool holds =
        print(out, shm::broken_invariants(found->segment, &wire::is_record, &wire::entry_bytes),
              "all invariants hold");
    if (!found->segment.has_store()) return holds;
    return check_store_and_segment(out, data_dir, found->segment, holds) && holds;
}

}  // namespace belfry::ctl
