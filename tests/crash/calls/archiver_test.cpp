#include "tests/support/calls/killing.hpp"

/// The archiver is killed as it enters each of its system calls, beginning with the first one after
/// the fork. The supervisor starts a new archiver, and no message is lost, duplicated or changed.
namespace belfry::test {
namespace {

TEST_F(KilledAtCall, AnArchiverOfANewStoreIsReplaced) {
    kill_at_every_call({"archiver, new store", Victim::archiver, [](Play& play) {
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(1);
                            play.everybody_says(8);
                            play.stop();
                        }});
}

TEST_F(KilledAtCall, AnArchiverThatContinuesALogAndDeletesOldMessagesIsReplaced) {
    kill_at_every_call({"archiver, with retention", Victim::archiver, [](Play& play) {
                            play.start();
                            play.everybody_comes();
                            play.everybody_says(10);
                            play.wait_for_cursors();
                            play.kill_all();
                            play.keep_messages(12);
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(2);
                            play.stop();
                        }});
}

TEST_F(KilledAtCall, AnArchiverOfAnAsyncServerIsReplaced) {
    kill_at_every_call({"archiver, async", Victim::archiver,
                        [](Play& play) {
                            play.start_traced();
                            play.everybody_comes();
                            play.everybody_says(4);
                            play.stop();
                        },
                        "async"});
}

}  // namespace
}  // namespace belfry::test
