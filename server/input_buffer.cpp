#include "server/input_buffer.hpp"

#include <string.h>

#include <cstring>
#include <utility>

namespace belfry::server {

InputBuffer::InputBuffer(std::size_t capacity)
    : capacity_{capacity}, bytes_{std::make_unique_for_overwrite<char[]>(capacity)} {}

void InputBuffer::reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    InputBuffer larger{capacity};
    std::memcpy(larger.bytes_.get(), unread().data(), unread().size());
    larger.end_ = unread().size();
    *this = std::move(larger);
}

std::span<char> InputBuffer::room() noexcept {
    const std::size_t waiting = end_ - begin_;
    if (waiting == 0 || capacity_ - end_ < capacity_ / 2) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, waiting);
        begin_ = 0;
        end_ = waiting;
    }
    return {bytes_.get() + end_, capacity_ - end_};
}

void InputBuffer::wipe() noexcept {
    ::explicit_bzero(bytes_.get(), begin_);
    ::explicit_bzero(bytes_.get() + end_, capacity_ - end_);
}

void InputBuffer::wipe(std::string_view consumed) noexcept {
    ::explicit_bzero(bytes_.get() + (consumed.data() - bytes_.get()), consumed.size());
}

}  // namespace belfry::server
