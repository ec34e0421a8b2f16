#include "bench/support/interrupt.hpp"

#include <signal.h>

namespace belfry::bench {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};

volatile sig_atomic_t noted = 0;

void note(int) {
    noted = 1;
}

void change_mask(int how) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : signals) ::sigaddset(&set, number);
    ::pthread_sigmask(how, &set, nullptr);
}

}  // namespace

void record_interrupts() {
    struct sigaction action {};
    action.sa_handler = &note;
    for (const int number : signals) ::sigaction(number, &action, nullptr);
}

void check_interrupt() {
    if (noted != 0) throw Interrupted{};
}

NoInterruptsHere::NoInterruptsHere() {
    change_mask(SIG_BLOCK);
}

NoInterruptsHere::~NoInterruptsHere() {
    change_mask(SIG_UNBLOCK);
}

}  // namespace belfry::bench
