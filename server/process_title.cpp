#include "server/process_title.hpp"

#include <unistd.h>

#include <bsd/unistd.h>
#include <cstring>
#include <span>
#include <string>

namespace belfry::server {
namespace {

/// Without it no title is set.
std::string place;

/// Where the title lies, in place of the first argument and what followed it.
std::span<char> first_argument;

/// libbsd marks the end of a first argument that was longer by a point, for kernels that would else
/// show what stood there. It has cleared that, and ps would show the point.
void clear_mark() noexcept {
    if (::strnlen(first_argument.data(), first_argument.size()) < first_argument.size()) {
        *(first_argument.data() + first_argument.size()) = '\0';
    }
}

}  // namespace

void prepare_process_titles(int argc, char** argv, const std::filesystem::path& data_dir) {
    first_argument = {argv[0], std::strlen(argv[0])};
    ::setproctitle_init(argc, argv, environ);
    place = data_dir.string();
}

void set_process_title(std::string_view purpose) noexcept {
    if (place.empty()) return;
    ::setproctitle("-belfryd: %.*s (%s)", static_cast<int>(purpose.size()), purpose.data(),
                   place.c_str());
    clear_mark();
}

}  // namespace belfry::server
