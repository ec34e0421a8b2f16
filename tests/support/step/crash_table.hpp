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

/// The table, read from the sources. Throws Failure where it is not there.
[[nodiscard]] std::vector<CrashRow> crash_table();

}  // namespace belfry::test
