// Writes each message into SQLite exactly once, because one transaction holds it and the cursor.
// Usage: event_log CLIENT-ID DATABASE URL...
#include <belfry/client.hpp>
#include <iostream>
#include <sqlite3.h>

namespace {

constexpr auto schema = R"(
    PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS events (epoch TEXT, id INTEGER, sender TEXT, time INTEGER, payload BLOB,
                                       PRIMARY KEY (epoch, id));
    CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT, id INTEGER);
    INSERT OR IGNORE INTO cursor VALUES (1, '', 0);)";
// The message moves the cursor only if it is the first time that it has come.
constexpr auto move_cursor = "UPDATE cursor SET epoch = ?1, id = ?2 WHERE epoch <> ?1 OR id < ?2";
constexpr auto add_event = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)";

void require(int result, sqlite3* database) {
    if (result == SQLITE_OK || result == SQLITE_DONE) return;
    std::cerr << "event_log: " << sqlite3_errmsg(database) << '\n';
    std::exit(1);
}

void run(sqlite3* database, const char* sql, const std::string& epoch,
         const belfry::Message& message) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), database);
    sqlite3_bind_text(statement, 1, epoch.data(), static_cast<int>(epoch.size()), nullptr);
    sqlite3_bind_int64(statement, 2, static_cast<sqlite3_int64>(message.id));
    sqlite3_bind_text(statement, 3, message.sender.data(), static_cast<int>(message.sender.size()),
                      nullptr);
    sqlite3_bind_int64(statement, 4, static_cast<sqlite3_int64>(message.time));
    sqlite3_bind_blob64(statement, 5, message.payload.data(), message.payload.size(), nullptr);
    sqlite3_step(statement);
    require(sqlite3_finalize(statement), database);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return std::cerr << "usage: event_log CLIENT-ID DATABASE URL...\n", 2;
    sqlite3* database = nullptr;
    require(sqlite3_open(argv[2], &database), database);
    require(sqlite3_exec(database, schema, nullptr, nullptr, nullptr), database);
    auto client = belfry::Client::open(
        {.id = argv[1], .servers = {argv + 3, argv + argc}, .ack = belfry::Ack::manual});
    if (!client) return std::cerr << "event_log: " << client.error().text << '\n', 1;

    auto message = client->receive();
    for (; message; message = client->receive()) {
        const std::string epoch = client->welcome()->epoch;
        require(sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), database);
        run(database, move_cursor, epoch, *message);
        if (sqlite3_changes(database) == 1) run(database, add_event, epoch, *message);
        require(sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr), database);
        client->ack(message->id);
    }
    return std::cerr << "event_log: " << message.error().text << '\n', 1;
}
