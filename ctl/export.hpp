#pragma once

#include "ctl/message_line.hpp"

#include <filesystem>
#include <iosfwd>

namespace belfry::ctl {

/// Writes the whole store as it is when it begins, in the form of export_format.hpp. No read
/// transaction is open while it writes. Rows are never changed and only added behind the end, so
/// what it writes is of one moment; where retention overtakes it, it gives up.
/// @throws StoreError, Refusal
void export_store(std::ostream& out, const std::filesystem::path& data_dir, LineForm form);

}  // namespace belfry::ctl
