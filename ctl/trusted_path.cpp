#include "ctl/trusted_path.hpp"

#include "ctl/refusal.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;

constexpr int max_links = 40;  // the limit of the kernel

/// Resolves a path name by name.
class PathWalk {
  public:
    PathWalk(const fs::path& asked, std::string_view what)
        : asked_{std::string{what} + " " + asked.string()} {
        follow(fs::absolute(asked));
    }

    TrustedPath run() {
        while (!rest_.empty() && exists_) step();
        while (!rest_.empty()) append_missing(take_name());
        const Part& owner = *std::ranges::find_if(parts_.rbegin(), parts_.rend(), is_no_link);
        for (const Part& part : parts_) require_trusted(part, owner.info.st_uid);
        return {at_, exists_, owner.info.st_uid, owner.info.st_gid};
    }

  private:
    struct Part {
        fs::path path;
        struct stat info;
    };

    static bool is_no_link(const Part& part) { return !S_ISLNK(part.info.st_mode); }

    /// Inserts the names of a path before the names that are left. An absolute path starts at the
    /// root.
    void follow(const fs::path& path) {
        if (path.is_absolute()) {
            at_ = "/";
            look_at(at_);
        }
        const fs::path names = path.relative_path();
        rest_.insert(rest_.begin(), names.begin(), names.end());
    }

    fs::path take_name() {
        fs::path name = rest_.front();
        rest_.pop_front();
        return name;
    }

    void step() {
        const fs::path name = take_name();
        if (name.empty() || name == ".") return;
        if (name == "..") {
            at_ = at_.parent_path();
            exists_ = look_at(at_);
            return;
        }
        const fs::path next = at_ / name;
        exists_ = look_at(next);
        if (exists_ && !is_no_link(parts_.back())) return follow_link(next);
        at_ = next;
    }

    void follow_link(const fs::path& link) {
        if (++links_ > max_links) throw unreachable(link, ELOOP);
        std::error_code error;
        const fs::path target = fs::read_symlink(link, error);
        if (error) throw unreachable(link, error.value());
        follow(target);
    }

    /// Adds the file at this path to the parts to be checked. @return false if there is none
    bool look_at(const fs::path& path) {
        Part part{path, {}};
        if (::lstat(path.c_str(), &part.info) == 0) {
            parts_.push_back(part);
            return true;
        }
        if (errno != ENOENT) throw unreachable(path, errno);
        return false;
    }

    void append_missing(const fs::path& name) {
        if (name == "..") throw unreachable(at_, ENOENT);
        if (!name.empty() && name != ".") at_ /= name;
    }

    void require_trusted(const Part& part, uid_t owner) const {
        const auto& [path, info] = part;
        const std::string name = asked_ + " is not safe for root: " + path.string();
        if (info.st_uid != 0 && info.st_uid != owner) {
            throw Refusal{name + " belongs to user " + std::to_string(info.st_uid)};
        }
        const bool is_shared = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
        if (is_no_link(part) && is_shared && (info.st_mode & S_ISVTX) == 0) {
            throw Refusal{name + " is writable by users other than its owner; use chmod go-w"};
        }
    }

    [[nodiscard]] Refusal unreachable(const fs::path& path, int error) const {
        return Refusal{"cannot reach " + asked_ + ": " + path.string() + ": " +
                       std::strerror(error)};
    }

    std::string asked_;          ///< what was asked for, for messages
    fs::path at_;                ///< the part that is resolved: a path without links
    std::deque<fs::path> rest_;  ///< the names that are left
    std::vector<Part> parts_;    ///< all folders and links so far; the last folder is at_
    bool exists_ = true;
    int links_ = 0;
};

}  // namespace

TrustedPath trusted_path(const fs::path& path, std::string_view what) {
    return PathWalk{path, what}.run();
}

}  // namespace belfry::ctl
