#pragma once

#include "auth/secret.hpp"

#include <string>

/// Makes secrets and their hashes, for `belfryctl client`.
namespace belfry::auth {

/// Fills an empty secret with 27 random characters: 160 random bits, written in letters, digits,
/// `-` and `_`.
/// @throws std::system_error if the kernel gives no random numbers
void generate(Secret& secret);

/// The origin of a secret. It decides how expensive the hash of the secret has to be.
enum class Origin {
    generated,  ///< by generate(). Nobody can guess it, so the cheapest `$7$` hash is enough
    chosen,     ///< by a person. Each guess must be expensive, so the hash is yescrypt's (`$y$`)
};

/// Returns a hash of the secret, with a new salt. The hash has been verified.
/// @throws std::runtime_error if crypt(3) cannot make it
[[nodiscard]] std::string hash_of(const Secret& secret, Origin origin);

}  // namespace belfry::auth
