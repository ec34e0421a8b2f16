#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite's C interface with owners and exceptions, and nothing else. A connection belongs to one
/// thread, and is never carried across a fork.
namespace belfry::store {

class Database {
  public:
    enum class Mode {
        read,    ///< never creates anything but the files of the WAL
        write,   ///< the file must exist
        create,  ///< the file is created, for its owner alone
    };

    /// Opens the file, unless it is a symbolic link; the folders on the way may be links.
    /// @param vfs the name of one of SQLite's; null: its default
    /// @throws StoreError
    Database(const std::filesystem::path& file, Mode mode, const char* vfs = nullptr);

    /// Runs SQL text that returns no rows. @throws StoreError
    void execute(const char* sql) const;

    /// The first column of the first row; 0 where there is none. @throws StoreError
    [[nodiscard]] std::int64_t number(const char* sql);

    /// Lets the connection wait for locks as long as a new one does.
    void set_busy_timeout() const noexcept;

    [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

    /// @throws StoreError always: what the connection's last error means
    [[noreturn]] void fail() const;

  private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };

    std::filesystem::path file_;
    std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement. Texts and blobs that are bound must outlive the step.
class Statement {
  public:
    /// @throws StoreError
    Statement(Database& database, const char* sql);

    Statement& bind(int index, std::uint64_t value);
    Statement& bind_text(int index, std::string_view text);
    Statement& bind_blob(int index, std::string_view bytes);

    /// @return whether there is a row. @throws StoreError
    [[nodiscard]] bool step();

    /// Runs to the end, and makes it ready to be bound again. @throws StoreError
    void run();

    /// Ends what is running: no read transaction is left open by it.
    void reset() noexcept;

    [[nodiscard]] std::uint64_t number(int column) noexcept;
    [[nodiscard]] bool is_null(int column) noexcept;
    /// Of a text or a blob; valid until the next step or reset.
    [[nodiscard]] std::string_view bytes(int column) noexcept;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const noexcept;
    };

    Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Resets a statement at the end of a scope, so that it keeps no read transaction open.
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
