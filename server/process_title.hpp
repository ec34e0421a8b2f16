#pragma once

#include <filesystem>
#include <string_view>

/// What `ps` shows of a process of the server. The name by which pgrep, pkill and killall find it
/// stays `belfryd`.
namespace belfry::server {

/// Makes room for titles where arguments and environment lie. By main(), in its one thread, before
/// anything is forked.
/// @param data_dir shown in every title, so that servers can be told apart
void prepare_process_titles(int argc, char** argv, const std::filesystem::path& data_dir);

/// Shows `belfryd: <purpose> (<data directory>)`. Does nothing without prepare_process_titles().
/// While the process has one thread.
void set_process_title(std::string_view purpose) noexcept;

}  // namespace belfry::server
