#pragma once

#include "tests/support/fault_control.hpp"

#include <sqlite3.h>

namespace belfry::test::faults {

/// An open file of SQLite that fails and waits as the control says. The real file, which belongs to
/// the real VFS, lies directly after it in memory: SQLite has allocated room for both.
struct FaultyFile {
    enum class Kind { database, wal, journal, temporary };

    sqlite3_file base;           ///< must be first, since SQLite knows only this part
    sqlite3_io_methods methods;  ///< separate for each file, since files differ in their methods
    FaultControl* control;
    Kind kind;
    bool has_new_header_only;  ///< for a WAL: since its last sync only the header was written

    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

/// Makes a faulty file in memory that SQLite provides. Must be called before the real file is
/// opened.
FaultyFile& make_file(sqlite3_file* memory, FaultControl& control, int open_flags);

/// Puts the methods of the faulty file in front of those of the real file. Must be called after
/// the real file was opened.
void stand_before_real_file(FaultyFile& file);

}  // namespace belfry::test::faults
