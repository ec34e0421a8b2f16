#pragma once

#include <sqlite3.h>

namespace belfry::store {

/// Lets SQLite use one open descriptor as a database, so that the process needs no right to open
/// the file. A VFS of SQLite without locks and journals: for one connection that uses `journal_mode
/// = OFF`, in a process of one thread.
class DescriptorVfs {
  public:
    /// Registers the VFS under name(). @param fd can be read and written, and outlives the object
    explicit DescriptorVfs(int fd);
    DescriptorVfs(const DescriptorVfs&) = delete;
    DescriptorVfs& operator=(const DescriptorVfs&) = delete;
    /// No connection may use it any more.
    ~DescriptorVfs();

    [[nodiscard]] static const char* name() noexcept { return "descriptor"; }

  private:
    int fd_;
    sqlite3_vfs vfs_;
};

}  // namespace belfry::store
