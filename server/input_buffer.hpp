#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace belfry::server {

/// Bytes that have been read and not yet consumed, in one piece. Pages that were never written
/// cost nothing.
class InputBuffer {
  public:
    explicit InputBuffer(std::size_t capacity);

    /// Makes room for so many bytes, where it has less. Views into unread() end here.
    void reserve(std::size_t capacity);

    [[nodiscard]] std::string_view unread() const noexcept {
        return {bytes_.get() + begin_, end_ - begin_};
    }
    void consume(std::size_t count) noexcept { begin_ += count; }

    /// Room for a read. Moves what is unread to the front where little room is left: views into
    /// unread() end here.
    [[nodiscard]] std::span<char> room() noexcept;
    void filled(std::size_t count) noexcept { end_ += count; }

  private:
    std::size_t capacity_;
    std::unique_ptr<char[]> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace belfry::server
