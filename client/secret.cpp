#include "belfry/client.hpp"
#include "wire/limits.hpp"
#include "wire/secret_text.hpp"

#include <string.h>

#include <utility>

namespace belfry {

static_assert(max_secret == wire::max_secret);

Secret::Secret(std::string_view text) {
    is_wrong_ = !is_possible(text);
    if (is_wrong_) return;
    // Enough for every secret, so that the string does not leave copies behind as it grows.
    encoded_.reserve(3 * wire::max_secret);
    wire::encode_secret(encoded_, text);
}

Secret::Secret(Secret&& other) noexcept
    : encoded_{std::move(other.encoded_)}, is_wrong_{other.is_wrong_} {
    other.encoded_.clear();
}

Secret& Secret::operator=(Secret&& other) noexcept {
    std::swap(encoded_, other.encoded_);
    std::swap(is_wrong_, other.is_wrong_);
    return *this;
}

Secret::~Secret() {
    ::explicit_bzero(encoded_.data(), encoded_.size());
}

bool Secret::is_possible(std::string_view text) noexcept {
    return !text.empty() && text.size() <= wire::max_secret &&
           text.find('\0') == std::string_view::npos;
}

}  // namespace belfry
