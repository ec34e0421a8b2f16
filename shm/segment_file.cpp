#include "shm/segment_file.hpp"

#include "base/random.hpp"
#include "base/regular_file.hpp"
#include "shm/huge_pages.hpp"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/permissions.hpp>
#include <boost/interprocess/xsi_key.hpp>
#include <boost/interprocess/xsi_shared_memory.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sstream>
#include <utility>

namespace belfry::shm {
namespace {

namespace ipc = boost::interprocess;
namespace fs = std::filesystem;

fs::path file_in(const fs::path& data_dir) {
    return data_dir / "segment";
}

/// Returns nothing if there is no file, or it does not hold a name. @throws SegmentError
std::optional<SegmentName> read_name(const fs::path& data_dir) {
    const auto contents = base::read_regular_file(file_in(data_dir));
    if (!contents && errno != ENOENT && errno != ENOTDIR) {
        throw SegmentError{"cannot read " + file_in(data_dir).string() + ": " +
                           base::reason_for(errno)};
    }
    std::istringstream file{contents.value_or("")};
    SegmentName name;
    std::array<std::string, 5> keys;
    file >> keys[0] >> name.key >> keys[1] >> name.shmid >> keys[2] >> name.token;
    file >> keys[3] >> name.bytes >> keys[4] >> name.creator;
    if (!file || keys != std::array<std::string, 5>{"key", "shmid", "token", "bytes", "creator"})
        return {};
    return name;
}

/// Writes the file atomically.
void write_name(const fs::path& data_dir, const SegmentName& name) {
    std::ostringstream text;
    text << "key " << name.key << "\nshmid " << name.shmid << "\ntoken " << name.token << "\nbytes "
         << name.bytes << "\ncreator " << name.creator << '\n';
    const int error = base::replace_regular_file(file_in(data_dir), text.str());
    if (error == 0) return;
    throw SegmentError{"cannot write " + file_in(data_dir).string() + ": " +
                       base::reason_for(error)};
}

std::optional<shmid_ds> stat_segment(int shmid) {
    shmid_ds facts{};
    if (::shmctl(shmid, IPC_STAT, &facts) == -1) return {};
    return facts;
}

/// Returns the id of the named segment, whose owner is still to be checked.
std::optional<int> shmid_of(const SegmentName& name) {
    const int shmid = name.shmid != -1 ? name.shmid : ::shmget(name.key, 0, 0);
    if (shmid == -1) return {};
    const auto facts = stat_segment(shmid);
    if (!facts || facts->shm_segsz != name.bytes || facts->shm_segsz < sizeof(Prefix)) return {};
    return shmid;
}

/// Tells whether the creator may have died during its first store: the segment holds nothing but
/// zeros or a part of the token, which some processors copy in several pieces.
bool holds_at_most(std::string_view token, const Prefix& prefix) {
    const auto* bytes = reinterpret_cast<const char*>(&prefix);
    std::array<char, sizeof(Prefix)> copied{};
    const std::size_t count = std::min(token.size(), sizeof prefix.token);
    std::copy_n(token.data(), count, copied.data() + offsetof(Prefix, token));
    return std::equal(bytes, bytes + sizeof(Prefix), copied.begin(),
                      [](char byte, char wanted) { return byte == 0 || byte == wanted; });
}

bool is_ours(const Segment& segment, const SegmentName& name, int shmid) {
    if (text_in(segment.prefix().token) == name.token) return true;
    const auto facts = stat_segment(shmid);
    return facts && facts->shm_cpid == name.creator && holds_at_most(name.token, segment.prefix());
}

bool is_to_go(int shmid) {
    const auto facts = stat_segment(shmid);
    return facts && (facts->shm_perm.mode & SHM_DEST) != 0;
}

/// @throws SegmentError
void require_own(int shmid) {
    const auto facts = stat_segment(shmid);
    if (!facts) return;  // it was removed just now
    const ipc_perm& owner = facts->shm_perm;
    const bool others_may_write = (owner.mode & (S_IWGRP | S_IWOTH)) != 0;
    if (owner.uid == ::geteuid() && owner.cuid == ::geteuid() && !others_may_write) return;
    throw SegmentError{"the shared memory segment " + std::to_string(shmid) +
                       (others_may_write ? " is writable by users other than its owner"
                                         : " belongs to user " + std::to_string(owner.uid) +
                                               ", but this program runs as user " +
                                               std::to_string(::geteuid()))};
}

SegmentState state_of(const Segment& segment, int shmid) {
    if (!segment.is_published()) return SegmentState::torn;
    if (!segment.is_sound()) return SegmentState::unsound;
    if (!segment.has_our_layout()) return SegmentState::other_layout;
    return is_to_go(shmid) ? SegmentState::removed : SegmentState::whole;
}

/// @throws ipc::interprocess_exception
ipc::mapped_region map_region(const ipc::xsi_shared_memory& memory, ipc::mode_t mode) {
    const auto facts = stat_segment(memory.get_shmid());
    try {
        void* room = huge_page_room(facts ? facts->shm_segsz : 0);
        return {memory, mode, 0, 0, room};
    } catch (const ipc::interprocess_exception&) {
        return {memory, mode};  // another mapping has taken the room
    }
}

/// Maps a segment and excludes it from core dumps of this process and its children, because it
/// holds the messages of all clients.
/// @throws ipc::interprocess_exception
Segment map(const ipc::xsi_shared_memory& memory, ipc::mode_t mode) {
    ipc::mapped_region region = map_region(memory, mode);
    ::madvise(region.get_address(), region.get_size(), MADV_DONTDUMP);
    return Segment{std::move(region)};
}

/// @throws SegmentError
Segment map(int shmid, ipc::mode_t mode) {
    try {
        return map(ipc::xsi_shared_memory{ipc::open_only, shmid}, mode);
    } catch (const ipc::interprocess_exception& error) {
        throw SegmentError{"cannot map the shared memory segment " + std::to_string(shmid) + ": " +
                           std::strerror(error.get_native_error())};
    }
}

/// Tells whether the file names that segment. A file that cannot be read does not.
bool is_named(const fs::path& data_dir, const SegmentName& name) noexcept {
    try {
        const auto found = read_name(data_dir);
        return found && found->token == name.token;
    } catch (const std::exception&) {
        return false;
    }
}

/// Creates a segment with a key that no other segment has, after the file names the key.
ipc::xsi_shared_memory take_free_key(const fs::path& data_dir, SegmentName& name) {
    ipc::permissions owner_only;
    owner_only.set_permissions(S_IRUSR | S_IWUSR);
    while (true) {
        name.key = base::random_value<key_t>();
        if (name.key == IPC_PRIVATE) continue;
        write_name(data_dir, name);
        try {
            return {ipc::create_only, ipc::xsi_key{name.key}, name.bytes, owner_only};
        } catch (const ipc::interprocess_exception& error) {
            if (error.get_native_error() == EEXIST) continue;
            throw SegmentError{"cannot create a shared memory segment of " +
                               std::to_string(name.bytes) +
                               " bytes: " + std::strerror(error.get_native_error())};
        }
    }
}

}  // namespace

std::optional<FoundSegment> find_segment(const fs::path& data_dir, ipc::mode_t mode) {
    auto name = read_name(data_dir);
    if (!name) return {};
    const auto shmid = shmid_of(*name);
    if (!shmid) return {};
    Segment segment = map(*shmid, mode);
    if (!is_ours(segment, *name, *shmid)) return {};
    require_own(*shmid);
    name->shmid = *shmid;
    return FoundSegment{state_of(segment, *shmid), *std::move(name), std::move(segment)};
}

FoundSegment open_segment(int shmid, ipc::mode_t mode) {
    const std::string what = "the shared memory segment " + std::to_string(shmid);
    const auto facts = stat_segment(shmid);
    if (!facts) throw SegmentError{"cannot open " + what + ": " + std::strerror(errno)};
    if (facts->shm_segsz < sizeof(Prefix)) throw SegmentError{what + " is not a Belfry segment"};
    require_own(shmid);
    Segment segment = map(shmid, mode);
    SegmentName name{facts->shm_perm.__key, shmid, std::string{text_in(segment.prefix().token)},
                     facts->shm_segsz, facts->shm_cpid};
    const SegmentState state = state_of(segment, shmid);
    return {state, std::move(name), std::move(segment)};
}

bool is_removed(const FoundSegment& found) noexcept {
    return is_to_go(found.name.shmid);
}

FoundSegment create_segment(const fs::path& data_dir, SegmentPlan plan) {
    SegmentName name{0, -1, base::random_hex(32), Segment::bytes_for(plan), ::getpid()};
    const ipc::xsi_shared_memory memory = take_free_key(data_dir, name);
    name.shmid = memory.get_shmid();
    try {
        plan.token = name.token;
        Segment segment = map(memory, ipc::read_write);
        segment.initialise(plan);
        write_name(data_dir, name);
        segment.publish();
        return {SegmentState::whole, std::move(name), std::move(segment)};
    } catch (const std::exception& error) {
        remove_segment(data_dir, name);
        throw SegmentError{std::string{"cannot initialize the shared memory segment: "} +
                           error.what()};
    }
}

void remove_segment(const fs::path& data_dir, const SegmentName& name) noexcept {
    ipc::xsi_shared_memory::remove(name.shmid);
    if (!is_named(data_dir, name)) return;
    std::error_code ignored;  // a file that is left names no segment, and will be overwritten
    fs::remove(file_in(data_dir), ignored);
}

std::uint64_t attached_processes(int shmid) noexcept {
    const auto facts = stat_segment(shmid);
    return facts ? facts->shm_nattch : 0;
}

}  // namespace belfry::shm
