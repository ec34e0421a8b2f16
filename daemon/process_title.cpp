#include "daemon/process_title.hpp"

#include <unistd.h>

#include <bsd/unistd.h>
#include <cstring>
#include <span>
#include <string>

namespace belfry {
inline namespace daemon {
namespace {

/// The beginning and the end of every title. No title is set while the beginning is empty.
std::string title_prefix;
std::string title_suffix;

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

void prepare_process_titles(int argc, char** argv, std::string_view program,
                            std::string_view suffix) {
    first_argument = {argv[0], std::strlen(argv[0])};
    ::setproctitle_init(argc, argv, environ);
    title_prefix = std::string{program} + ": ";
    title_suffix = suffix;
}

void set_process_title(std::string_view purpose) noexcept {
    if (title_prefix.empty()) return;
    ::setproctitle("-%s%.*s%s", title_prefix.c_str(), static_cast<int>(purpose.size()),
                   purpose.data(), title_suffix.c_str());
    clear_mark();
}

}  // namespace daemon
}  // namespace belfry
