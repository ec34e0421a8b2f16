#include "tests/support/calls/killing.hpp"
#include "tests/support/store_db.hpp"

#include <gtest/gtest.h>

#include <fstream>

/// Tests of the judge of these tests: it detects every fault that a scene leaves.
namespace belfry::test {
namespace {

/// Plays a short scene, does the harm to the stopped server, and returns what the judge found.
template <class Harm>
Findings findings_after(Harm harm) {
    return findings_in({"self test", Victim::supervisor, [harm](Play& play) {
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(1);
                            play.stop();
                            harm(play.server());
                        }});
}

using JudgeOfCalls = KilledAtCall;

TEST_F(JudgeOfCalls, ASceneWithoutHarmIsGood) {
    const Findings findings = findings_after([](Server&) {});
    EXPECT_TRUE(findings.sentences.empty()) << findings.sentences.front();
}

TEST_F(JudgeOfCalls, AMessageThatTheStoreLostIsDetected) {
    const Findings findings = findings_after([](Server& server) {
        StoreDb{server.data_dir()}.run("DELETE FROM messages WHERE id = 3");
    });
    EXPECT_GT(findings.lost, 0U);
}

TEST_F(JudgeOfCalls, AMessageUnderAnotherIdIsDetected) {
    const Findings findings = findings_after([](Server& server) {
        StoreDb{server.data_dir()}.run(
            "UPDATE messages SET body = (SELECT body FROM messages WHERE id = 1) WHERE id = 2");
    });
    EXPECT_GT(findings.torn, 0U);
}

TEST_F(JudgeOfCalls, ALeftoverFileIsDetected) {
    const Findings findings = findings_after(
        [](Server& server) { std::ofstream{server.data_dir() / "segment"} << "\n"; });
    EXPECT_GT(findings.torn, 0U);
}

}  // namespace
}  // namespace belfry::test
