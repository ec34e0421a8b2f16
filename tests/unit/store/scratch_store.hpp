#pragma once

#include "store/saved_log.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"
#include "store/store_reader.hpp"
#include "store/store_writer.hpp"
#include "tests/support/plain_record.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace belfry::test {

/// An owning copy of a store::Message.
struct KeptMessage {
    std::uint64_t id = 0;
    std::string sender;
    std::uint64_t seq = 0;
    std::uint64_t time_ms = 0;
    std::string body;
    bool operator==(const KeptMessage&) const = default;
};
inline void PrintTo(const KeptMessage& message, std::ostream* out) {
    *out << message.id << ' ' << message.sender << ' ' << message.seq << ' ' << message.time_ms
         << ' ' << message.body.substr(0, 40);
}

/// Returns a message whose fields are all derived from its id.
[[nodiscard]] inline KeptMessage numbered_message(std::uint64_t id, std::size_t body_bytes = 0) {
    std::string body = numbered_body(id);
    if (body.size() < body_bytes) body.resize(body_bytes, static_cast<char>('a' + id % 26));
    return {id, id % 2 == 0 ? "bob" : "ann", 10 * id, 1000 + id, std::move(body)};
}

[[nodiscard]] inline store::Message view_of(const KeptMessage& message) {
    return {message.id, message.sender, message.seq, message.time_ms, message.body};
}

inline void add(store::StoreWriter& writer, const KeptMessage& message) {
    writer.add(view_of(message));
}

/// Adds numbered messages in one transaction.
inline void store_numbered(store::StoreWriter& writer, std::uint64_t first, std::uint64_t last,
                           std::size_t body_bytes = 0) {
    writer.begin();
    for (std::uint64_t id = first; id <= last; ++id) {
        add(writer, numbered_message(id, body_bytes));
    }
    writer.commit();
}

/// A store in its own data directory.
class ScratchStore {
  public:
    [[nodiscard]] const std::filesystem::path& dir() const { return dir_.path(); }
    [[nodiscard]] std::filesystem::path file() const { return store::store_file(dir()); }
    [[nodiscard]] std::filesystem::path wal() const { return file().string() + "-wal"; }

    /// Opens the database without Belfry's settings, as the sqlite3 shell does.
    [[nodiscard]] store::Database raw() const {
        return store::Database{file(), store::Database::Mode::create};
    }

    /// Returns what the next start of a server would read.
    [[nodiscard]] store::SavedLog saved_log() const {
        store::Database database = store::open_to_read(dir());
        return store::read_saved_log(database);
    }

    /// Returns the messages that one read() passes on.
    [[nodiscard]] std::vector<KeptMessage> read(std::uint64_t from, std::uint64_t to) const {
        store::StoreReader reader{dir()};
        std::vector<KeptMessage> kept;
        static_cast<void>(reader.read(from, to, keep_in(kept)));
        return kept;
    }

    [[nodiscard]] static store::StoreReader::Take keep_in(std::vector<KeptMessage>& kept) {
        return [&kept](const store::Message& message) {
            kept.push_back({message.id, std::string{message.sender}, message.seq, message.time_ms,
                            std::string{message.body}});
            return true;
        };
    }

  private:
    TempDir dir_;
};

[[nodiscard]] inline std::vector<KeptMessage> numbered_messages(std::uint64_t first,
                                                                std::uint64_t last,
                                                                std::size_t body_bytes = 0) {
    std::vector<KeptMessage> messages;
    for (; first <= last; ++first) messages.push_back(numbered_message(first, body_bytes));
    return messages;
}

/// Returns the StoreError that a function throws; none if it throws nothing.
template <class Function>
[[nodiscard]] std::optional<store::StoreError> store_error_of(Function function) {
    try {
        function();
        return {};
    } catch (const store::StoreError& error) {
        return error;
    }
}

/// Expects that a function throws a StoreError of this kind, with a message of one line that
/// contains `part`.
template <class Function>
void expect_store_error(store::StoreError::Kind kind, const std::string& part, Function function) {
    const auto error = store_error_of(function);
    ASSERT_TRUE(error) << "nothing was thrown";
    const std::string line = error->what();
    EXPECT_EQ(error->kind(), kind) << line;
    EXPECT_NE(line.find(part), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
}

}  // namespace belfry::test
