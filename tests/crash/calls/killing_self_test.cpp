#include "tests/support/calls/killing.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <fstream>

/// Who judges the judge: what is not well behind a play is seen.
namespace belfry::test {
namespace {

/// A short play, and what is done to the server that was stopped.
template <class Harm>
Findings findings_behind(Harm harm) {
    return findings_in({"oracle", Victim::supervisor, [harm](Play& play) {
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(1);
                            play.stop();
                            harm(play.server());
                        }});
}

using JudgeOfCalls = KilledAtCall;

TEST_F(JudgeOfCalls, AGoodPlayIsWell) {
    const Findings findings = findings_behind([](Server&) {});
    EXPECT_TRUE(findings.sentences.empty()) << findings.sentences.front();
}

TEST_F(JudgeOfCalls, AMessageThatTheStoreLostIsSeen) {
    const Findings findings = findings_behind([](Server& server) {
        StoreDb{server.data_dir()}.run("DELETE FROM messages WHERE id = 3");
    });
    EXPECT_GT(findings.lost, 0U);
}

TEST_F(JudgeOfCalls, AMessageUnderAnotherIdIsSeen) {
    const Findings findings = findings_behind([](Server& server) {
        StoreDb{server.data_dir()}.run(
            "UPDATE messages SET body = (SELECT body FROM messages WHERE id = 1) WHERE id = 2");
    });
    EXPECT_GT(findings.torn, 0U);
}

TEST_F(JudgeOfCalls, AFileThatIsLeftIsSeen) {
    const Findings findings = findings_behind(
        [](Server& server) { std::ofstream{server.data_dir() / "segment"} << "\n"; });
    EXPECT_GT(findings.torn, 0U);
}

}  // namespace
}  // namespace belfry::test
