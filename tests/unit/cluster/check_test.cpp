#include "cluster/check.hpp"

#include "cluster/answerer.hpp"
#include "cluster/node_record.hpp"
#include "store/open_log.hpp"
#include "tests/support/memory_engine.hpp"
#include "tests/unit/store/scratch_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <sstream>

namespace belfry::test {
namespace {

/// A node that answers questions about its database.
class AnsweringNode {
  public:
    AnsweringNode(MemoryKeys& keys, const std::string& name)
        : keys_{&keys},
          name_{name},
          engine_{keys},
          answerer_{engine_, store_.dir(), name, stored_} {
        static_cast<void>(store::open_log(store_.dir(), shm::Durability::commit, "e"));
        keys.put("alive/" + name, "1");
        tell();
    }

    void store(std::uint64_t first, std::uint64_t last) {
        store::StoreWriter writer{store_.dir()};
        store_numbered(writer, first, last);
        stored_.last_id = last;
    }
    void delete_below(std::uint64_t first_kept) {
        stored_.first_id = first_kept;
        store::StoreWriter writer{store_.dir()};
        writer.begin();
        static_cast<void>(writer.forget(first_kept, 0, 0, 1000));
        writer.commit();
    }
    /// Writes the node's record, as it does every few seconds.
    void tell() {
        cluster::NodeRecord record{.address = "", .version = "1", .epoch = "e"};
        record.first_id = stored_.first_id;
        record.last_id = stored_.last_id;
        keys_->put("node/" + name_, record.text());
    }
    void answer() { answerer_.answer_all(); }

  private:
    MemoryKeys* keys_;
    std::string name_;
    ScratchStore store_;
    MemoryEngine engine_;
    cluster::StoredLog stored_;
    cluster::Answerer answerer_;
};

/// An engine whose questions are answered as soon as they are asked.
class AskingEngine : public MemoryEngine {
  public:
    AskingEngine(MemoryKeys& keys, std::function<void(std::string_view)> asked)
        : MemoryEngine{keys}, asked_{std::move(asked)} {}

    cluster::Answer<cluster::Revision> put(std::string_view key, std::string_view value,
                                           cluster::Lease lease) override {
        auto written = MemoryEngine::put(key, value, lease);
        if (key.starts_with("ask/")) asked_(value);
        return written;
    }

  private:
    std::function<void(std::string_view)> asked_;
};

class CheckTest : public ::testing::Test {
  protected:
    /// @return what it printed
    std::string check(bool expected) {
        std::ostringstream out;
        AskingEngine engine{keys_, [this](std::string_view question) { answer_(question); }};
        EXPECT_EQ(cluster::check(out, engine, false), expected) << out.str();
        return out.str();
    }

    MemoryKeys keys_;
    AnsweringNode a_{keys_, "a"};
    AnsweringNode b_{keys_, "b"};
    std::function<void(std::string_view)> answer_ = [this](std::string_view) {
        a_.answer();
        b_.answer();
    };
};

TEST_F(CheckTest, ComparesMessagesThatAreNewerThanTheRecordsOfTheNodes) {
    for (AnsweringNode* node : {&a_, &b_}) node->store(1, 20);
    EXPECT_NE(check(true).find("messages 1 to 20: all nodes have the same"), std::string::npos);
}

TEST_F(CheckTest, WithoutMessagesThereIsNothingToCompare) {
    a_.store(1, 20);
    EXPECT_NE(check(true).find("there are no messages that all nodes have"), std::string::npos);
}

TEST_F(CheckTest, MessagesThatAreDeletedBetweenQuestionAndAnswerAreNoDifference) {
    for (AnsweringNode* node : {&a_, &b_}) {
        node->store(1, 100);
        node->tell();
    }
    std::uint64_t first_kept = 1;
    answer_ = [&](std::string_view question) {
        a_.answer();
        if (!question.starts_with("hash first=1 last=0")) b_.delete_below(first_kept += 10);
        b_.answer();
        a_.delete_below(first_kept);
    };
    const std::string printed = check(true);
    EXPECT_NE(printed.find(" to 100: all nodes have the same"), std::string::npos) << printed;
}

TEST_F(CheckTest, ANodeThatLacksOtherMessagesIsReported) {
    a_.store(1, 100);
    b_.store(1, 50);
    b_.store(52, 100);
    EXPECT_NE(check(false).find("b: messages missing"), std::string::npos);
}

}  // namespace
}  // namespace belfry::test
