#pragma once

/// What a program prints by std::cout.
namespace belfry::cli {

/// Writes what is still in the buffer. Before the program ends with success.
/// @throws std::runtime_error where not everything could be written: one clear line
void finish_standard_output();

}  // namespace belfry::cli
