#include "server/title.hpp"

#include <unistd.h>

#include <bsd/unistd.h>
#include <string>

namespace belfry::server {
namespace {

/// Without it no title is set.
std::string place;

}  // namespace

void prepare_titles(int argc, char** argv, const std::filesystem::path& data_dir) {
    ::setproctitle_init(argc, argv, environ);
    place = data_dir.string();
}

void set_title(std::string_view purpose) noexcept {
    if (place.empty()) return;
    ::setproctitle("-belfryd: %.*s (%s)", static_cast<int>(purpose.size()), purpose.data(),
                   place.c_str());
}

}  // namespace belfry::server
