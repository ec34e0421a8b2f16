#include "client/progress.hpp"

#include "cli/complain.hpp"
#include "client/complain.hpp"

#include <unistd.h>

#include <algorithm>

namespace belfry::client {
namespace {

using namespace std::chrono_literals;

constexpr Duration quiet = 1s;
constexpr Duration interval = 200ms;

}  // namespace

Progress::Progress(TimePoint now) {
    if (::isatty(STDERR_FILENO) == 0) return;
    next_ = now + quiet;
    complain_to([this](std::string_view text) {
        clear();
        cli::complain("belfry", text);
    });
}

Progress::~Progress() {
    clear();
    complain_to(nullptr);
}

void Progress::show(std::string_view text, TimePoint now) {
    next_ = now + interval;
    if (text.empty()) return clear();
    std::string row{"\r"};
    row += text;
    // What is longer on the terminal is covered with spaces.
    row.resize(std::max(row.size(), shown_ + 1), ' ');
    shown_ = text.size();
    write(row);
}

void Progress::clear() {
    if (shown_ == 0) return;
    write("\r" + std::string(shown_, ' ') + "\r");
    shown_ = 0;
}

// Where standard error cannot be written there is nobody to tell.
void Progress::write(std::string_view text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace belfry::client
