#include "cluster/applied_log.hpp"
#include "shm/log_reader.hpp"
#include "store/saved_cluster.hpp"
#include "store/store_reader.hpp"
#include "store/store_writer.hpp"
#include "tests/support/step/killing.hpp"
#include "tests/support/step/segment_operation.hpp"
#include "wire/record.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A replica may be killed while it shows what it has stored. The next one starts with the store.
namespace belfry::test {
namespace {

constexpr std::uint64_t incarnation = 0xa1;

shm::SegmentPlan node_plan() {
    shm::SegmentPlan plan = tiny_plan(shm::Durability::commit);
    plan.cluster = {.name = "belfry", .node = "a", .incarnation = incarnation, .outbox_bytes = 1};
    return plan;
}

/// ann has sent a message. In the next step she sends another one and acknowledges it, and then she
/// logs in at another node.
class ShowStep : public SegmentOperation {
  public:
    ShowStep() : SegmentOperation{node_plan()}, log_{segment(), [](const std::string&) {}} {
        store::enter_cluster(scratch().data_dir(), "belfry", "e");
        state_.nodes["a"] = {incarnation, 100, "a:1"};
        state_.nodes["b"] = {0xb1, 100, "b:1"};
        state_.clients["ann"] = {0, 0, 1, "a", 0};
        segment().outbox().end = 300;
        log_.start(state_, reader());
        show(message(1, "one"), 1);
        stored_ = state_;
        changes_ = {};
        stored_.clients["ann"] = {2, 2, 2, "b", 2};
        stored_.nodes["a"].next = 300;
        stored_.position = {7, 2, 20, 1};
        changes_.messages = {message(2, "two")};
        changes_.clients = {"ann"};
        changes_.nodes = {"a"};
        store_both();
        begin_here();
    }

    [[nodiscard]] std::string name() const override { return "show a step"; }

    void run() override { log_.publish(stored_, changes_); }

  protected:
    [[nodiscard]] std::vector<std::string> broken() override {
        return shm::broken_invariants(segment(), &wire::is_record);
    }

    void go_on(Findings& findings) override {
        const shm::ClientRow& ann = segment().client(0);
        const std::uint64_t visible = segment().visible();
        findings.require(ann.stored_seq >= visible, &Findings::torn,
                         "a seq is lower than that of a visible message");
        findings.require(shm::cursor_of(segment(), 0) <= visible, &Findings::torn,
                         "a cursor is above the visible messages");
        findings.require(ann.login == 2 || visible == 1, &Findings::torn,
                         "a message is visible before the later login is shown");
        findings.require(segment().outbox().head == 200 ||
                             (visible == 2 && ann.login == 2 && shm::cursor_of(segment(), 0) == 2),
                         &Findings::torn, "the outbox's head has passed what is not shown");
        cluster::AppliedLog next{segment(), [](const std::string&) {}};
        next.start(stored_, reader());
        findings.require(log().last_id == 2U && visible_body() == "two", &Findings::lost,
                         "a stored message is not in the ring");
        findings.require(segment().visible() == 2 && ann.stored_seq == 2 && ann.login == 2 &&
                             shm::cursor_of(segment(), 0) == 2 && segment().outbox().head == 300,
                         &Findings::not_done_again, "the step is not shown");
    }

  private:
    static store::Message message(std::uint64_t id, std::string_view body) {
        return {id, "ann", id, 10 * id, body};
    }

    void show(const store::Message& message, std::uint64_t seq) {
        state_.clients["ann"].seq = state_.clients["ann"].free_seq = seq;
        state_.nodes["a"].next = 200;
        state_.position = {6, 1, 10, 1};
        changes_.messages = {message};
        changes_.clients = {"ann"};
        changes_.nodes = {"a"};
        log_.publish(state_, changes_);
    }

    void store_both() {
        store::StoreWriter writer{scratch().data_dir()};
        writer.begin();
        writer.add(message(1, "one"));
        writer.add(message(2, "two"));
        writer.commit();
    }

    store::StoreReader& reader() {
        reader_.emplace(scratch().data_dir());
        return *reader_;
    }

    [[nodiscard]] std::string visible_body() {
        shm::LogReader ring{segment(), 4096};
        shm::Chunk chunk;
        if (ring.read(2, 2, shm::LogReader::no_row, chunk) != shm::LogReader::Result::copied)
            return {};
        const auto record = wire::decode_record(chunk.bytes);
        return record ? std::string{record->payload} : std::string{};
    }

    cluster::AppliedLog log_;
    cluster::State state_;   ///< before the step
    cluster::State stored_;  ///< after it
    cluster::Changes changes_;
    std::optional<store::StoreReader> reader_;
};

TEST_F(KilledInside, AStoredStepIsShownByTheNextReplica) {
    ShowStep operation;
    kill_at_every_instruction(operation);
}

}  // namespace
}  // namespace belfry::test
