#include "tests/support/store_db.hpp"

#include "tests/support/failure.hpp"

#include <sqlite3.h>

namespace belfry::test {

StoreDb::StoreDb(const std::filesystem::path& data_dir) {
    const std::string path = file(data_dir).string();
    if (sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
        sqlite3_close(handle_);
        throw Failure("cannot open " + path);
    }
    sqlite3_busy_timeout(handle_, 5000);
}

StoreDb::~StoreDb() {
    sqlite3_close(handle_);
}

void StoreDb::run(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw Failure(sql + ": " + sqlite3_errmsg(handle_));
    }
}

std::string StoreDb::text(const std::string& sql) {
    std::string result;
    const auto keep = [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0] == nullptr ? "" : values[0];
        return 1;  // the first row is enough
    };
    const int done = sqlite3_exec(handle_, sql.c_str(), keep, &result, nullptr);
    if (done != SQLITE_OK && done != SQLITE_ABORT) {
        throw Failure(sql + ": " + sqlite3_errmsg(handle_));
    }
    return result;
}

std::uint64_t StoreDb::number(const std::string& sql) {
    return std::stoull(text(sql));
}

}  // namespace belfry::test
