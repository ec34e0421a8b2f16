#pragma once

#include <filesystem>

namespace belfry::inspect {

/// Makes the store of a data directory, which has none and no server, from what export wrote.
/// It appears whole or not at all.
/// @param file `-`: standard input
/// @throws Refusal, which names the line where it is the file's fault; StoreError;
/// shm::DataDirectoryError
void import_store(const std::filesystem::path& data_dir, const std::filesystem::path& file);

}  // namespace belfry::inspect
