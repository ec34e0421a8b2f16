#pragma once

#include <filesystem>
#include <string_view>

/// Sets what `ps` shows for a process of the server. The name that pgrep, pkill and killall use
/// stays `belfryd`.
namespace belfry::server {

/// Reserves the memory of arguments and environment for titles. main() calls it before it starts a
/// thread or forks.
/// @param data_dir shown in every title, so that servers can be told apart
void prepare_process_titles(int argc, char** argv, const std::filesystem::path& data_dir);

/// Sets the title `belfryd: <purpose> (<data directory>)`. It does nothing without
/// prepare_process_titles(). The process must have one thread.
void set_process_title(std::string_view purpose) noexcept;

}  // namespace belfry::server
