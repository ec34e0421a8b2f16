#include "store/database.hpp"

#include "tests/unit/store/scratch_store.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

namespace belfry::test {
namespace {

using Kind = store::StoreError::Kind;
using store::Database;
using store::Statement;

class DatabaseTest : public ::testing::Test {
  protected:
    TempDir dir_;
    std::filesystem::path file_ = dir_.path() / "some.db";
};

TEST_F(DatabaseTest, CreatesAFileThatOnlyItsOwnerCanAccess) {
    const mode_t old = ::umask(0);
    Database{file_, Database::Mode::create}.execute("CREATE TABLE t(x)");
    ::umask(old);
    EXPECT_EQ(std::filesystem::status(file_).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(DatabaseTest, ReadingCreatesNothing) {
    expect_store_error(Kind::failing, file_.string(), [this] {
        Database{file_, Database::Mode::read}.execute("SELECT 1");
    });
    EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(DatabaseTest, WritingNeedsTheFile) {
    expect_store_error(Kind::failing, file_.string(), [this] {
        Database{file_, Database::Mode::write}.execute("SELECT 1");
    });
}

TEST_F(DatabaseTest, AMissingDirectoryIsNamedInTheError) {
    const auto file = dir_.path() / "gone" / "some.db";
    expect_store_error(Kind::failing, file.string(), [&] {
        Database{file, Database::Mode::create};
    });
}

TEST_F(DatabaseTest, AReaderCannotWrite) {
    Database{file_, Database::Mode::create}.execute("CREATE TABLE t(x)");
    Database reader{file_, Database::Mode::read};
    expect_store_error(Kind::failing, file_.string(),
                       [&] { reader.execute("INSERT INTO t VALUES(1)"); });
}

TEST_F(DatabaseTest, InvalidSqlIsAnErrorThatNamesTheProblem) {
    Database database{file_, Database::Mode::create};
    expect_store_error(Kind::failing, "no such table: t",
                       [&] { database.execute("SELECT * FROM t"); });
    expect_store_error(Kind::failing, file_.string(), [&] { Statement{database, "SELEC"}; });
}

TEST_F(DatabaseTest, NumberReturnsTheFirstColumnOfTheFirstRow) {
    Database database{file_, Database::Mode::create};
    EXPECT_EQ(database.number("VALUES(-7), (8)"), -7);
    EXPECT_EQ(database.number("SELECT 1 WHERE 0"), 0);
}

TEST_F(DatabaseTest, BoundValuesAreReturnedUnchanged) {
    Database database{file_, Database::Mode::create};
    Statement echo{database, "SELECT ?, ?, ?, ?"};
    constexpr std::uint64_t largest = 0x7fff'ffff'ffff'ffff;
    const std::string blob("\0\xff\0", 3);
    echo.bind(1, largest).bind_text(2, "text").bind_blob(3, blob);
    ASSERT_TRUE(echo.step());
    EXPECT_EQ(echo.number(0), largest);
    EXPECT_EQ(echo.bytes(1), "text");
    EXPECT_EQ(echo.bytes(2), blob);
    EXPECT_TRUE(echo.is_null(3));
    EXPECT_FALSE(echo.is_null(2));
    EXPECT_FALSE(echo.step());
}

TEST_F(DatabaseTest, AnEmptyStringIsNotNull) {
    Database database{file_, Database::Mode::create};
    Statement echo{database, "SELECT ?, ?, typeof(?2), typeof(?1)"};
    echo.bind_text(1, {}).bind_blob(2, {});
    ASSERT_TRUE(echo.step());
    EXPECT_EQ(echo.bytes(0), "");
    EXPECT_EQ(echo.bytes(1), "");
    EXPECT_EQ(echo.bytes(2), "blob");
    EXPECT_EQ(echo.bytes(3), "text");
}

TEST_F(DatabaseTest, AStatementThatHasRunCanBeBoundAgain) {
    Database database{file_, Database::Mode::create};
    database.execute("CREATE TABLE t(x UNIQUE)");
    Statement insert{database, "INSERT INTO t VALUES(?)"};
    insert.bind(1, 1).run();
    expect_store_error(Kind::failing, file_.string(), [&] { insert.bind(1, 1).run(); });
    insert.bind(1, 2).run();
    EXPECT_EQ(database.number("SELECT count(*) FROM t"), 2);
}

TEST_F(DatabaseTest, AResetStatementBlocksNoOtherStatement) {
    Database database{file_, Database::Mode::create};
    database.execute("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2)");
    Statement select{database, "SELECT x FROM t"};
    {
        const store::ResetAtEnd reset_at_end{select};
        ASSERT_TRUE(select.step());
        EXPECT_TRUE(store_error_of([&] { database.execute("DROP TABLE t"); }));
    }
    database.execute("DROP TABLE t");
}

}  // namespace
}  // namespace belfry::test
