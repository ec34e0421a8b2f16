#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace belfry::server {

/// A buffer for bytes that have been read and not yet consumed. These bytes are contiguous. Pages
/// that were never written use no memory.
class InputBuffer {
  public:
    explicit InputBuffer(std::size_t capacity);

    /// Raises the capacity to this number of bytes, if it is smaller. It invalidates unread().
    void reserve(std::size_t capacity);

    [[nodiscard]] std::string_view unread() const noexcept {
        return {bytes_.get() + begin_, end_ - begin_};
    }
    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Returns the room for a read. If little is left, it moves the unread bytes to the front,
    /// which invalidates unread().
    [[nodiscard]] std::span<char> room() noexcept;
    void filled(std::size_t count) noexcept { end_ += count; }

    /// Overwrites everything but the unread bytes: those that were consumed, and the copies that
    /// room() has left behind.
    void wipe() noexcept;
    /// Overwrites some bytes that have just been consumed.
    void wipe(std::string_view consumed) noexcept;

  private:
    std::size_t capacity_;
    std::unique_ptr<char[]> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace belfry::server
