#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite's C interface with RAII and exceptions, and nothing else. A connection belongs to one
/// thread. A child process must not use one that it has inherited.
namespace belfry::store {

/// A connection to a database.
class Database {
  public:
    enum class Mode {
        read,    ///< creates no file except those of the WAL
        write,   ///< the file must exist
        create,  ///< the file is created, with the mode 0600, if it is missing
    };

    /// Opens the file. Refuses a symbolic link in place of the file; the folders above it may be
    /// links.
    /// @param vfs the name of an SQLite VFS; null: SQLite's default
    /// @throws StoreError
    Database(const std::filesystem::path& file, Mode mode, const char* vfs = nullptr);

    /// Runs SQL statements that return no rows. @throws StoreError
    void execute(const char* sql) const;

    /// Runs a query, and returns the first column of its first row; 0 if there is no row.
    /// @throws StoreError
    [[nodiscard]] std::int64_t number(const char* sql);

    /// Sets the time that the connection waits for locks to the default, as for a new connection.
    void set_busy_timeout() const noexcept;

    /// Sets whether the files of the WAL stay when the last connection is closed. At first they do
    /// not. A process that may not write to the folder can read the database only while they exist.
    void keep_wal_files(bool kept) const noexcept;

    [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

    /// Throws the connection's last error as a StoreError.
    [[noreturn]] void fail() const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };

    std::filesystem::path file_;
    std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Bound texts and blobs are not copied: they must stay valid until the last
/// step().
class Statement {
  public:
    /// Compiles the SQL text. @throws StoreError
    Statement(Database& database, const char* sql);

    /// Binds a value to the parameter with this index, from 1. @throws StoreError
    Statement& bind(int index, std::uint64_t value);
    Statement& bind_text(int index, std::string_view text);
    Statement& bind_blob(int index, std::string_view bytes);

    /// Runs the statement to its next row. @return whether there is one. @throws StoreError
    [[nodiscard]] bool step();

    /// Runs the statement to its end and resets it, so that it can be bound again.
    /// @throws StoreError
    void run();

    /// Ends the run of the statement, and with it the read transaction of a query.
    void reset() noexcept;

    /// Returns a column of the present row, counted from 0.
    [[nodiscard]] std::uint64_t number(int column) noexcept;
    [[nodiscard]] bool is_null(int column) noexcept;
    /// Returns the bytes of a text or a blob. The view is valid until the next step or reset.
    [[nodiscard]] std::string_view bytes(int column) noexcept;

  private:
    Statement& check(int result);

    struct Finalize {
        void operator()(sqlite3_stmt* handle) const noexcept;
    };

    Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Resets a statement at the end of a scope, so that it does not keep a read transaction open.
class ResetAtEnd {
  public:
    explicit ResetAtEnd(Statement& statement) noexcept : statement_{statement} {}
    ResetAtEnd(const ResetAtEnd&) = delete;
    ResetAtEnd& operator=(const ResetAtEnd&) = delete;
    ~ResetAtEnd() { statement_.reset(); }

  private:
    Statement& statement_;
};

}  // namespace belfry::store
