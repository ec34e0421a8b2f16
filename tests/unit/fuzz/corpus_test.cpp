#include "tests/fuzz/check.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>

/// Runs the checks of the fuzzers on every seed and on every input that once showed a bug.
namespace belfry::test {
namespace {

using Check = void (*)(std::string_view input);

void check_corpus(std::string_view target, Check check) {
    int count = 0;
    const auto folder = source_file("tests/fuzz/corpus") / target;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        SCOPED_TRACE(entry.path());
        ++count;
        EXPECT_NO_THROW(check(read_file(entry.path())));
    }
    EXPECT_GT(count, 0);
}

TEST(FuzzCorpus, AnySplitGivesTheSameCommands) {
    check_corpus("command", &fuzz::check_commands);
}

TEST(FuzzCorpus, AnySplitGivesTheSameFrames) {
    check_corpus("frame", &fuzz::check_frames);
}

TEST(FuzzCorpus, AProxyHeaderIsParsedWithinItsBounds) {
    check_corpus("proxy", &fuzz::check_proxy_header);
}

TEST(FuzzCorpus, AnySplitGivesTheSameRequestsAndWellFormedAnswers) {
    check_corpus("request", &fuzz::check_requests);
}

TEST(FuzzCorpus, EverySessionEndsAndDisturbsNoOtherClient) {
    check_corpus("session", &fuzz::check_session);
}

TEST(FuzzCorpus, AClientsFileIsRefusedOrHasWellFormedClients) {
    check_corpus("clients", &fuzz::check_clients);
}

TEST(FuzzCorpus, ABatchOfEntriesIsRefusedOrGivesTheSameStateHoweverItIsCut) {
    check_corpus("entries", &fuzz::check_entries);
}

TEST(FuzzCorpus, ThePiecesOfAnInputJoinToTheWholeInput) {
    const std::string input = read_file(source_file("wire/PROTOCOL.md"));
    std::string whole;
    for (const auto piece : fuzz::in_pieces(input, 7)) {
        EXPECT_LE(piece.size(), 7U);
        whole += piece;
    }
    EXPECT_EQ(whole, input);
}

}  // namespace
}  // namespace belfry::test
