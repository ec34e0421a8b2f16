#pragma once

#include <string>
#include <vector>

namespace belfry::test {

/// One row of the table "Every crash state" in shm/README.md.
struct CrashRow {
    std::string operation;
    std::string state;
    std::string mended_by;
    std::string test;
};

/// Reads the table from the source tree. Throws Failure if it is missing.
[[nodiscard]] std::vector<CrashRow> crash_table();

}  // namespace belfry::test
