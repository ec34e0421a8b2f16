#include "ctl/end_signals.hpp"

#include <signal.h>

namespace belfry::ctl {
namespace {

volatile sig_atomic_t to_end = 0;

}  // namespace

void take_end_signals(std::initializer_list<int> signals) noexcept {
    struct sigaction action {};
    action.sa_handler = [](int) { to_end = 1; };
    // Without SA_RESTART, so that waiting ends.
    for (const int signal : signals) ::sigaction(signal, &action, nullptr);
}

bool is_to_end() noexcept {
    return to_end != 0;
}

}  // namespace belfry::ctl
