#include "auth/secret.hpp"

#include "base/page_buffer.hpp"

#include <crypt.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

namespace belfry::auth {
namespace {

/// Compares in a time that does not depend on where the texts differ.
bool is_equal(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) return false;
    volatile unsigned char difference = 0;
    for (std::size_t at = 0; at < one.size(); ++at) {
        difference = static_cast<unsigned char>(difference | (one[at] ^ other[at]));
    }
    return difference == 0;
}

}  // namespace

Secret::~Secret() {
    ::explicit_bzero(text_.data(), text_.size());
}

bool verify(const Secret& secret, std::string_view hash) {
    std::array<char, CRYPT_OUTPUT_SIZE> setting{};
    if (hash.size() >= setting.size()) return false;
    std::ranges::copy(hash, setting.begin());
    // 32 KiB of the heap or the stack would stay with the process, so they are mapped for this
    // call.
    base::PageBuffer work{sizeof(crypt_data)};
    errno = 0;
    const char* const made =
        ::crypt_rn(secret.c_str(), setting.data(), work.data(), static_cast<int>(work.size()));
    if (made == nullptr && errno == ENOMEM) throw std::bad_alloc{};
    const bool is_made = made != nullptr && is_equal(made, hash);
    ::explicit_bzero(setting.data(), setting.size());
    return is_made;
}

}  // namespace belfry::auth
