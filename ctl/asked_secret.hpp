#pragma once

#include "auth/secret.hpp"

namespace belfry::ctl {

/// Reads a secret that a person chooses. If standard input is a terminal, the person types it twice
/// at the terminal, without an echo. Otherwise it is the first line of standard input.
/// @param secret is empty, and is filled
/// @throws Refusal if the secret is empty, too long or contains a NUL, or the person has typed two
/// different ones
void ask_for(auth::Secret& secret);

}  // namespace belfry::ctl
