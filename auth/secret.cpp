#include "auth/secret.hpp"

#include "base/page_buffer.hpp"

#include <crypt.h>
#include <string.h>

#include <string>

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
    const std::string setting{hash};
    // 32 KiB of the heap or the stack would stay with the process, so they are mapped for this
    // call.
    base::PageBuffer work{sizeof(crypt_data)};
    const char* const made =
        ::crypt_rn(secret.c_str(), setting.c_str(), work.data(), static_cast<int>(work.size()));
    return made != nullptr && is_equal(made, hash);
}

}  // namespace belfry::auth
