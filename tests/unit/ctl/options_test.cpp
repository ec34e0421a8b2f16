#include "ctl/options.hpp"

#include "cli/command_line.hpp"

#include <gtest/gtest.h>

namespace belfry::ctl {
namespace {

Options read(const std::vector<std::string>& arguments) {
    return read_options(arguments).value();
}

TEST(BelfryctlOptions, ACommandMayStandAnywhereBetweenTheOptions) {
    EXPECT_EQ(read({"status"}).command, "status");
    EXPECT_EQ(read({"--data-dir", "d", "check"}).data_dir, "d");
    EXPECT_TRUE(read({"status", "--json"}).json);
    EXPECT_FALSE(read({"export"}).json) << "export always writes JSON, also without --json";
}

TEST(BelfryctlOptions, SearchImportAndBackupTakeOneArgument) {
    EXPECT_EQ(read({"search", "two words"}).operand, "two words");
    EXPECT_EQ(read({"search", "--json", "text"}).operand, "text");
    EXPECT_EQ(read({"search", "--", "--json"}).operand, "--json");
    EXPECT_EQ(read({"import", "-"}).operand, "-");
    EXPECT_EQ(read({"backup", "file"}).operand, "file");
    for (const char* command : {"search", "import", "backup"}) {
        EXPECT_THROW(read({command}), cli::UsageError);
        EXPECT_THROW(read({command, ""}), cli::UsageError);
        EXPECT_THROW(read({command, "one", "two"}), cli::UsageError);
    }
}

TEST(BelfryctlOptions, OtherCommandsTakeNoArgument) {
    for (const char* command : {"status", "log", "export", "check", "stop", "remove"}) {
        EXPECT_EQ(read({command}).operand, "");
        EXPECT_THROW(read({command, "word"}), cli::UsageError);
    }
}

TEST(BelfryctlOptions, OnlyStatusLogSearchAndExportTakeJson) {
    EXPECT_TRUE(read({"log", "--json"}).json);
    EXPECT_TRUE(read({"log", "--follow", "--json"}).json);
    for (const char* command : {"check", "stop", "remove"}) {
        EXPECT_THROW(read({command, "--json"}), cli::UsageError);
    }
    EXPECT_THROW(read({"import", "--json", "file"}), cli::UsageError);
    EXPECT_THROW(read({"backup", "--json", "file"}), cli::UsageError);
}

TEST(BelfryctlOptions, CheckComparesWithTheClusterAndTakesJsonThen) {
    EXPECT_FALSE(read({"check"}).cluster);
    EXPECT_TRUE(read({"check", "--cluster"}).cluster);
    EXPECT_TRUE(read({"check", "--cluster", "--json"}).json);
    EXPECT_THROW(read({"status", "--cluster"}), cli::UsageError);
}

TEST(BelfryctlOptions, CommandsOfClusterHaveTwoWords) {
    EXPECT_EQ(read({"cluster", "status"}).command, "cluster status");
    EXPECT_TRUE(read({"cluster", "status", "--json"}).json);
    EXPECT_EQ(read({"cluster", "add", "n4"}).operand, "n4");
    EXPECT_THROW(read({"cluster", "add"}), cli::UsageError);
    EXPECT_FALSE(read({"cluster", "reseed"}).force);
    EXPECT_TRUE(read({"cluster", "reseed", "--force"}).force);
    EXPECT_THROW(read({"cluster"}), cli::UsageError);
    EXPECT_THROW(read({"cluster", "status", "--force"}), cli::UsageError);
    EXPECT_THROW(read({"cluster", "reseed", "--json"}), cli::UsageError);
}

TEST(BelfryctlOptions, OnlyRecoverTakesASegmentAndItNeedsOne) {
    EXPECT_EQ(read({"recover", "--segment", "42"}).shmid, 42);
    EXPECT_EQ(read({"--segment=0", "recover"}).shmid, 0);
    EXPECT_THROW(read({"recover"}), cli::UsageError);
    EXPECT_THROW(read({"recover", "42"}), cli::UsageError);
    EXPECT_THROW(read({"status", "--segment", "42"}), cli::UsageError);
    for (const char* shmid : {"", "-1", "x", "4x", "0x4", "99999999999"}) {
        EXPECT_THROW(read({"recover", "--segment", shmid}), cli::UsageError) << shmid;
    }
}

TEST(BelfryctlOptions, CommandsOfClientHaveTwoWords) {
    EXPECT_EQ(read({"client", "add", "ann"}).command, "client add");
    EXPECT_EQ(read({"client", "add", "ann"}).operand, "ann");
    EXPECT_EQ(read({"client", "--clients", "file", "remove", "ann"}).clients, "file");
    EXPECT_EQ(read({"client", "list"}).operand, "");
    EXPECT_EQ(read({"client", "add", "--", "-"}).operand, "-");
    EXPECT_THROW(read({"client"}), cli::UsageError);
    EXPECT_THROW(read({"client", "rename", "ann"}), cli::UsageError);
    EXPECT_THROW(read({"client", "list", "ann"}), cli::UsageError);
    EXPECT_THROW(read({"client", "add"}), cli::UsageError);
    EXPECT_THROW(read({"client", "add", "ann", "bob"}), cli::UsageError);
    EXPECT_THROW(read({"client", "add", "no spaces"}), cli::UsageError);
    EXPECT_THROW(read({"client", "add", std::string(33, 'a')}), cli::UsageError);
    EXPECT_THROW(read({"client", "add", "ann", "--clients="}), cli::UsageError);
}

TEST(BelfryctlOptions, AskKeepOldAndClientsAreRefusedWhereTheyHaveNoMeaning) {
    EXPECT_TRUE(read({"client", "add", "ann", "--ask"}).ask);
    EXPECT_TRUE(read({"client", "secret", "ann", "--ask", "--keep-old"}).keep_old);
    EXPECT_THROW(read({"client", "remove", "ann", "--ask"}), cli::UsageError);
    EXPECT_THROW(read({"client", "add", "ann", "--keep-old"}), cli::UsageError);
    EXPECT_THROW(read({"kick", "ann", "--clients", "file"}), cli::UsageError);
    EXPECT_THROW(read({"status", "--ask"}), cli::UsageError);
}

TEST(BelfryctlOptions, KickTakesTheNameOfAClient) {
    EXPECT_EQ(read({"kick", "ann"}).operand, "ann");
    EXPECT_THROW(read({"kick"}), cli::UsageError);
}

TEST(BelfryctlOptions, AMissingOrUnknownCommandIsRefused) {
    EXPECT_THROW(read({}), cli::UsageError);
    EXPECT_THROW(read({"restore"}), cli::UsageError);
}

}  // namespace
}  // namespace belfry::ctl
