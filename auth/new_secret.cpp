#include "auth/new_secret.hpp"

#include "base/base64.hpp"
#include "base/page_buffer.hpp"
#include "base/random.hpp"

#include <crypt.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace belfry::auth {
namespace {

constexpr std::size_t random_bytes = 20;
constexpr std::size_t generated_size = 27;  // without the padding of base64

/// The parameters of scrypt as `$7$` writes them: N = 8, r = 1, p = 1. No cheaper ones are accepted
/// by crypt(3). The smallest cost of crypt_gensalt_rn(3) takes 60 ms.
constexpr std::string_view cheapest = "$7$1/..../....";

[[noreturn]] void fail() {
    throw std::runtime_error{"crypt(3) cannot make a hash"};
}

/// Returns what crypt(3) needs besides the secret: the method with its default cost, and a salt.
std::string default_setting(const char* method) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (::crypt_gensalt_rn(method, 0, nullptr, 0, setting.data(),
                           static_cast<int>(setting.size())) == nullptr) {
        fail();
    }
    return setting.data();
}

std::string setting_for(Origin origin) {
    if (origin == Origin::chosen) return default_setting("$y$");
    // The salt follows parameters of the same size.
    return std::string{cheapest} + default_setting("$7$").substr(cheapest.size());
}

}  // namespace

void generate(Secret& secret) {
    std::string bytes(random_bytes, '\0');
    base::fill_random(bytes.data(), bytes.size());
    std::string text = base::to_base64(bytes);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    std::copy_n(text.begin(), generated_size, secret.room().begin());
    ::explicit_bzero(bytes.data(), bytes.size());
    ::explicit_bzero(text.data(), text.size());
}

std::string hash_of(const Secret& secret, Origin origin) {
    const std::string setting = setting_for(origin);
    base::PageBuffer work{sizeof(crypt_data)};
    const char* const made =
        ::crypt_rn(secret.c_str(), setting.c_str(), work.data(), static_cast<int>(work.size()));
    if (made == nullptr || !verify(secret, made)) fail();
    return made;
}

}  // namespace belfry::auth
