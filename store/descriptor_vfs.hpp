#pragma once

#include <sqlite3.h>

namespace belfry::store {

/// An SQLite VFS that uses one open descriptor as the database file. The process needs no
/// permission to open the file itself. The VFS has no locks and no journals, so it serves a single
/// connection with `journal_mode = OFF`, in a process of one thread.
class DescriptorVfs {
  public:
    /// Registers the VFS under name().
    /// @param fd open for reading and writing; must outlive the object
    explicit DescriptorVfs(int fd);
    DescriptorVfs(const DescriptorVfs&) = delete;
    DescriptorVfs& operator=(const DescriptorVfs&) = delete;
    /// Unregisters the VFS. No connection may use it any more.
    ~DescriptorVfs();

    /// Returns the name to open a Database with.
    [[nodiscard]] static const char* name() noexcept { return "descriptor"; }

  private:
    int fd_;
    sqlite3_vfs vfs_;
};

}  // namespace belfry::store
