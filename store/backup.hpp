#pragma once

#include <filesystem>

namespace belfry::store {

/// Copies the store of a data directory into a new file, also while a server writes it: what the
/// store holds at one moment. By any process that may read the store.
/// @param file must not exist; appears whole or not at all, for its owner alone
/// @throws StoreError
void back_up(const std::filesystem::path& data_dir, const std::filesystem::path& file);

}  // namespace belfry::store
