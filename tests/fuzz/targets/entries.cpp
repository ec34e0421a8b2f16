#include "tests/fuzz/check.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    belfry::fuzz::check_entries({reinterpret_cast<const char*>(data), size});
    return 0;
}
