#pragma once

#include "store/message.hpp"
#include "wire/frame.hpp"

#include <string>

namespace belfry::inspect {

/// Appends a message as one line for people: id, Unix time in milliseconds, sender, text. Control
/// characters, and what is not UTF-8, become `?`.
void append_line(std::string& out, const wire::Message& message);

/// The row of a store as the protocol's message.
[[nodiscard]] wire::Message as_message(const store::Message& row) noexcept;

}  // namespace belfry::inspect
