#include "auth/digest.hpp"

#include <string.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sha2.h>

namespace belfry::auth {

std::uint64_t digest(std::string_view text) noexcept {
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> whole{};
    SHA256Final(whole.data(), &context);
    ::explicit_bzero(&context, sizeof context);  // it has had the end of the text, such as a hash
    std::uint64_t first = 0;
    std::memcpy(&first, whole.data(), sizeof first);
    return std::max<std::uint64_t>(first, 1);
}

}  // namespace belfry::auth
