#include "tests/support/process_memory.hpp"

#include "base/unique_fd.hpp"
#include "tests/support/failure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>

namespace belfry::test {

std::string memory_of(pid_t pid) {
    const std::string proc = "/proc/" + std::to_string(pid);
    const base::UniqueFd memory{::open((proc + "/mem").c_str(), O_RDONLY | O_CLOEXEC)};
    if (!memory) throw system_failure("open " + proc + "/mem");
    std::ifstream maps{proc + "/maps"};
    std::string all;
    for (std::string line; std::getline(maps, line);) {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        char dash = 0;
        std::string flags;
        std::istringstream{line} >> std::hex >> begin >> dash >> end >> flags;
        if (!flags.starts_with("rw")) continue;
        std::string part(end - begin, '\0');
        const ssize_t count =
            ::pread(memory.get(), part.data(), part.size(), static_cast<off_t>(begin));
        if (count > 0) all.append(part, 0, static_cast<std::size_t>(count));
    }
    return all;
}

}  // namespace belfry::test
