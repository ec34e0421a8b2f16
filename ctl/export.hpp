#pragma once

#include "ctl/message_line.hpp"

#include <filesystem>
#include <iosfwd>

namespace belfry::ctl {

/// Writes the whole store as it is at the call, in the format of export_format.hpp. No read
/// transaction is open while it writes. The result is still the state of one moment, because rows
/// never change and are only added at the end.
/// @throws StoreError
/// @throws Refusal if retention deletes messages before they are read, or they cannot be read
void export_store(std::ostream& out, const std::filesystem::path& data_dir, LineForm form);

}  // namespace belfry::ctl
