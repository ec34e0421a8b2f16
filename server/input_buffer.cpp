#include "server/input_buffer.hpp"

#include <cstring>

namespace belfry::server {

InputBuffer::InputBuffer(std::size_t capacity)
    : capacity_{capacity}, bytes_{std::make_unique_for_overwrite<char[]>(capacity)} {}

std::span<char> InputBuffer::room() noexcept {
    const std::size_t waiting = end_ - begin_;
    if (waiting == 0 || capacity_ - end_ < capacity_ / 2) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, waiting);
        begin_ = 0;
        end_ = waiting;
    }
    return {bytes_.get() + end_, capacity_ - end_};
}

}  // namespace belfry::server
