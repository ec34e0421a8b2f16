#include "server/oom_score.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace belfry::server {
namespace {

/// The score is between -1000 (never killed) and 1000, see proc(5).
constexpr const char* score_file = "/proc/self/oom_score_adj";
constexpr int late = -900;

/// The score of session children; empty if the score could not be lowered. The parent sets it.
std::optional<int> score_of_others;

std::optional<int> score() {
    int value = 0;
    if (std::ifstream{score_file} >> value) return value;
    return {};
}

/// @return whether the system permits it
bool set_score(int value) noexcept {
    const base::UniqueFd file{::open(score_file, O_WRONLY | O_CLOEXEC)};
    const std::string text = std::to_string(value);
    return file && ::write(file.get(), text.data(), text.size()) > 0;
}

}  // namespace

void lower_oom_score() noexcept {
    const auto before = score();
    if (!before || (*before > late && !set_score(late))) return;
    score_of_others = std::max(*before, 0);
}

void restore_oom_score() noexcept {
    if (score_of_others) set_score(*score_of_others);
}

}  // namespace belfry::server
