#include "server/process_title.hpp"

#include <unistd.h>

#include <bsd/unistd.h>
#include <cstring>
#include <span>
#include <string>

namespace belfry::server {
namespace {

/// The data directory. No title is set while it is empty.
std::string shown_directory;

/// The first argument, whose place the title takes.
std::span<char> first_argument;

/// Removes the dot that libbsd writes at the end of a first argument that was longer than the
/// title. The dot is for kernels that would show the old text, but libbsd has cleared that text,
/// and ps would show the dot.
void clear_mark() noexcept {
    if (::strnlen(first_argument.data(), first_argument.size()) < first_argument.size()) {
        *(first_argument.data() + first_argument.size()) = '\0';
    }
}

}  // namespace

void prepare_process_titles(int argc, char** argv, const std::filesystem::path& data_dir) {
    first_argument = {argv[0], std::strlen(argv[0])};
    ::setproctitle_init(argc, argv, environ);
    shown_directory = data_dir.string();
}

void set_process_title(std::string_view purpose) noexcept {
    if (shown_directory.empty()) return;
    ::setproctitle("-belfryd: %.*s (%s)", static_cast<int>(purpose.size()), purpose.data(),
                   shown_directory.c_str());
    clear_mark();
}

}  // namespace belfry::server
