#pragma once

#include <exception>

/// Thrown after SIGINT, SIGTERM or SIGHUP. Because an exception ends the benchmark, destructors
/// stop the servers and remove all files.
namespace belfry::bench {

class Interrupted : public std::exception {
  public:
    [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

/// Installs handlers that only record the signals. Blocking system calls then end with EINTR.
void record_interrupts();

/// Throws Interrupted if a signal has been recorded.
void check_interrupt();

/// While the object exists, new threads start with these signals blocked, so other threads receive
/// the signals.
class NoInterruptsHere {
  public:
    NoInterruptsHere();
    NoInterruptsHere(const NoInterruptsHere&) = delete;
    NoInterruptsHere& operator=(const NoInterruptsHere&) = delete;
    ~NoInterruptsHere();
};

}  // namespace belfry::bench
