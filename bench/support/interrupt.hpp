#pragma once

#include <exception>

/// SIGINT, SIGTERM and SIGHUP end the benchmark by an exception, so that destructors end what it
/// started and remove what it wrote.
namespace belfry::bench {

class Interrupted : public std::exception {
  public:
    [[nodiscard]] const char* what() const noexcept override { return "interrupted"; }
};

/// From now on the signals are only noted. Blocking system calls end with EINTR.
void note_interrupts();

/// @throws Interrupted where a signal has been noted
void check_interrupt();

/// While it lives, threads that are started leave the signals to the others.
class NoInterruptsHere {
  public:
    NoInterruptsHere();
    NoInterruptsHere(const NoInterruptsHere&) = delete;
    NoInterruptsHere& operator=(const NoInterruptsHere&) = delete;
    ~NoInterruptsHere();
};

}  // namespace belfry::bench
