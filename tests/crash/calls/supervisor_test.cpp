#include "tests/support/calls/killing.hpp"

/// The supervisor is killed as it enters each of its system calls, and belfryd is started again.
/// Afterwards every message that was SENT is in the store once, clients can send the others again,
/// and the server stops cleanly.
namespace belfry::test {
namespace {

TEST_F(KilledAtCall, ASupervisorOfANewDataDirectoryIsReplaced) {
    kill_at_every_call({"supervisor, new data directory", Victim::supervisor, [](Play& play) {
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(2);
                            play.lose_child();
                            play.lose_archiver();
                            play.everybody_says(1);
                            play.stop();
                        }});
}

TEST_F(KilledAtCall, ASupervisorThatStartsAfterACleanStopIsReplaced) {
    kill_at_every_call({"supervisor, existing store", Victim::supervisor, [](Play& play) {
                            play.start();
                            play.everybody_comes();
                            play.everybody_says(2);
                            play.stop();
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(1);
                            play.stop();
                        }});
}

TEST_F(KilledAtCall, ASupervisorThatAdoptsTheSegmentOfAKilledServerIsReplaced) {
    kill_at_every_call({"supervisor, segment of the dead", Victim::supervisor, [](Play& play) {
                            play.start();
                            play.everybody_comes();
                            play.everybody_says(2);
                            play.kill_all();
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(1);
                            play.stop();
                        }});
}

TEST_F(KilledAtCall, ASupervisorThatAdoptsLiveProcessesIsReplaced) {
    kill_at_every_call({"supervisor, adoption", Victim::supervisor, [](Play& play) {
                            play.start();
                            play.everybody_comes();
                            play.kill_supervisor();
                            play.start_traced();
                            play.everybody_says(2);
                            play.lose_child();
                            play.lose_archiver();
                            play.everybody_says(1);
                            play.stop();
                        }});
}

TEST_F(KilledAtCall, ASupervisorThatEndsTheServerOfARemovedSegmentIsReplaced) {
    kill_at_every_call({"supervisor, segment removed", Victim::supervisor, [](Play& play) {
                            play.start();
                            play.everybody_comes();
                            play.everybody_says(2);
                            play.kill_supervisor();
                            play.remove_segment();
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(1);
                            play.stop();
                        }});
}

}  // namespace
}  // namespace belfry::test
