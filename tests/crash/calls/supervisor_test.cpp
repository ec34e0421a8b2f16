#include "tests/support/calls/killing.hpp"

/// The supervisor, killed when it enters any of its system calls. belfryd is started again, and all
/// is as if nothing had been: what was SENT is there once, what was not is sent again, and a stop
/// is clean.
namespace belfry::test {
namespace {

TEST_F(KilledAtCall, ASupervisorOnANewDataDirectory) {
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

TEST_F(KilledAtCall, ASupervisorOnAStoreBehindACleanStop) {
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

TEST_F(KilledAtCall, ASupervisorOnTheSegmentOfAKilledServer) {
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

TEST_F(KilledAtCall, ASupervisorThatAdoptsTheLiving) {
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

TEST_F(KilledAtCall, ASupervisorThatEndsTheServerOfARemovedSegment) {
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
