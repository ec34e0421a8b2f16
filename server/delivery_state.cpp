#include "server/delivery_state.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace belfry::server {

DeliveryState::DeliveryState(shm::Segment& segment, std::uint32_t slot)
    : news_{segment, slot}, event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (!event_) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

void DeliveryState::advance_to(std::uint64_t id) noexcept {
    news_.advance_to(id);
    signal_if_watched();
}

void DeliveryState::enter(DeliveryPhase phase) noexcept {
    phase_.store(phase);
    if (phase == DeliveryPhase::ended) return signal();
    signal_if_watched();
}

void DeliveryState::clear_event() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto count_read = ::read(event_.get(), &count, sizeof count);
}

void DeliveryState::signal_if_watched() noexcept {
    if (watched_.load() && watched_.exchange(false)) signal();
}

void DeliveryState::signal() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

}  // namespace belfry::server
