#include "ctl/asked_secret.hpp"

#include "ctl/refusal.hpp"

#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bsd/readpassphrase.h>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace belfry::ctl {
namespace {

/// A line that holds a secret: the secret and one byte more, which tells one that is too long from
/// the longest one. Its memory is overwritten when it is destroyed.
class Line {
  public:
    Line() = default;
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

    /// Reads a line at the terminal, without an echo.
    void read_from_terminal(const char* prompt) {
        if (::readpassphrase(prompt, bytes_.data(), bytes_.size(), RPP_REQUIRE_TTY) == nullptr) {
            throw Refusal{std::string{"cannot read a secret at the terminal: "} +
                          std::strerror(errno)};
        }
        size_ = ::strlen(bytes_.data());
    }

    /// Reads a line of standard input, byte by byte, so that no other buffer holds it.
    void read_from_standard_input() {
        while (size_ <= auth::max_secret) {
            char byte = 0;
            const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
            if (count == -1) {
                throw Refusal{std::string{"cannot read standard input: "} + std::strerror(errno)};
            }
            if (count == 0 || byte == '\n') return;
            bytes_[size_++] = byte;
        }
    }

    [[nodiscard]] std::string_view text() const noexcept { return {bytes_.data(), size_}; }

  private:
    std::array<char, auth::max_secret + 2> bytes_{};
    std::size_t size_ = 0;
};

void ask_twice(Line& line) {
    line.read_from_terminal("New secret: ");
    Line again;
    again.read_from_terminal("The same again: ");
    if (again.text() != line.text()) throw Refusal{"the two secrets are not the same"};
}

}  // namespace

void ask_for(auth::Secret& secret) {
    Line line;
    if (::isatty(STDIN_FILENO) == 1) {
        ask_twice(line);
    } else {
        line.read_from_standard_input();
    }
    const std::string_view text = line.text();
    if (text.empty()) throw Refusal{"the secret is empty"};
    if (text.size() > auth::max_secret) {
        throw Refusal{"the secret is longer than " + std::to_string(auth::max_secret) + " bytes"};
    }
    if (text.find('\0') != std::string_view::npos) throw Refusal{"the secret contains a NUL byte"};
    std::ranges::copy(text, secret.room().begin());
}

}  // namespace belfry::ctl
