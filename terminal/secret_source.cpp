#include "terminal/secret_source.hpp"

#include "base/unique_fd.hpp"
#include "cli/command_line.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bsd/readpassphrase.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

namespace belfry::terminal {
namespace {

constexpr const char* variable = "BELFRY_SECRET";
constexpr mode_t others = S_IRWXG | S_IRWXO;

/// Memory for a secret, a newline, and one byte more, which tells one that is too long. It is
/// overwritten at its end.
class Buffer {
  public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

    [[nodiscard]] std::span<char> bytes() noexcept { return bytes_; }

  private:
    std::array<char, max_secret + 2> bytes_{};
};

Secret checked(std::string_view text, const std::string& source) {
    if (Secret::is_possible(text)) return Secret{text};
    throw cli::UsageError{"the secret in " + source + " must have 1 to " +
                          std::to_string(max_secret) + " bytes without NUL"};
}

// Overwrites the value, because /proc/PID/environ would show it even after it has been unset.
Secret taken_from_environment() {
    char* const value = std::getenv(variable);
    if (value == nullptr || *value == '\0') return {};
    const std::size_t length = std::strlen(value);
    // Made before the check, so that a value that is no secret is overwritten too.
    const bool is_possible = Secret::is_possible(value);
    Secret secret = is_possible ? Secret{value} : Secret{};
    ::explicit_bzero(value, length);
    ::unsetenv(variable);
    return is_possible ? std::move(secret) : checked("", variable);
}

// Reads until the buffer is full. @return nothing, and errno, if it cannot be read
std::optional<std::string_view> read(const base::UniqueFd& file, std::span<char> buffer) {
    std::size_t size = 0;
    while (size < buffer.size()) {
        const auto n = ::read(file.get(), buffer.data() + size, buffer.size() - size);
        if (n < 0) return std::nullopt;
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    return std::string_view{buffer.data(), size};
}

Secret read_file(const std::string& path) {
    const auto failed = [&path] {
        return cli::UsageError{"cannot read " + path + ": " + std::strerror(errno), "secret-file"};
    };
    const base::UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) throw failed();
    if ((status.st_mode & others) != 0) {
        throw cli::UsageError{"others than its owner may read " + path + "; run: chmod 600 " + path,
                              "secret-file"};
    }
    Buffer buffer;
    auto text = read(file, buffer.bytes());
    if (!text) throw failed();
    if (text->ends_with('\n')) text->remove_suffix(1);
    return checked(*text, path);
}

}  // namespace

Secret given_secret(const Options& options) {
    Secret secret = taken_from_environment();
    const bool file_wins = !options.secret_file_is_default || secret.is_empty();
    if (!options.secret_file.empty() && file_wins) return read_file(options.secret_file);
    return secret;
}

std::optional<Secret> ask_secret(const std::string& client_id) {
    if (::isatty(STDIN_FILENO) == 0) return std::nullopt;
    const std::string prompt = "Secret of " + client_id + ": ";
    Buffer buffer;
    const auto bytes = buffer.bytes();
    if (::readpassphrase(prompt.c_str(), bytes.data(), bytes.size(), RPP_REQUIRE_TTY) == nullptr) {
        return std::nullopt;
    }
    const std::string_view text{bytes.data()};
    if (text.empty()) return std::nullopt;
    return checked(text, "your input");
}

}  // namespace belfry::terminal
