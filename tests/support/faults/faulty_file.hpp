#pragma once

#include "tests/support/fault_control.hpp"

#include <sqlite3.h>

namespace belfry::test::faults {

/// An open file of SQLite that fails and waits as the control says. The file of the VFS behind it
/// lies directly behind it in memory, where SQLite has made room for both.
struct FaultyFile {
    enum class Kind { database, wal, journal, temporary };

    sqlite3_file base;           ///< first: it is all that SQLite knows
    sqlite3_io_methods methods;  ///< its own, since files differ in what they can do
    FaultControl* control;
    Kind kind;
    bool has_new_header_only;  ///< of a WAL: since its last sync no more than that was written

    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

/// Makes a faulty file of memory that SQLite provides, before its real file is opened.
FaultyFile& make_file(sqlite3_file* memory, FaultControl& control, int open_flags);

/// Lets SQLite use it, now that its real file has been opened.
void stand_before_real_file(FaultyFile& file);

}  // namespace belfry::test::faults
