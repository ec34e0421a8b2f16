#include "cluster/node_rows.hpp"

#include "tests/unit/cluster/node_fixture.hpp"

#include <string>
#include <vector>

namespace belfry::test {
namespace {

using cluster::RegisteredNode;

class NodeRows : public NodeTest {
  protected:
    NodeRows() { EXPECT_EQ(cluster::row_of_node(segment(), "a"), 0U); }

    /// Registers further nodes, with names that count on.
    void register_nodes(std::uint32_t count, bool is_alive) {
        for (; count != 0; --count) {
            const std::string name = "n" + std::to_string(nodes_.size());
            nodes_.push_back({.name = name, .record = {}, .is_alive = is_alive});
        }
    }
    cluster::ShownNodes show() { return cluster::show_nodes(segment(), nodes_); }
    /// Returns the names of the rows.
    [[nodiscard]] std::vector<std::string> names() {
        std::vector<std::string> names;
        for (const shm::NodeRow& row : segment().cluster().nodes) {
            names.push_back(shm::shared_text(row.name));
        }
        return names;
    }
    [[nodiscard]] std::string login_node(std::uint32_t client) {
        return names().at(segment().client(client).login_node - 1);
    }

    std::vector<RegisteredNode> nodes_;
};

TEST_F(NodeRows, ANodeThatComesToLifeDisplacesADeadOneAtWhichNobodyIsLoggedIn) {
    register_nodes(shm::node_rows - 1, false);
    EXPECT_FALSE(show().has_changed);
    cluster::set_login_node(segment(), segment().client(0), "n0");
    register_nodes(1, true);
    const auto shown = show();
    EXPECT_TRUE(shown.has_changed);
    EXPECT_FALSE(shown.has_hidden);
    const auto names = this->names();
    EXPECT_EQ(names[0], "a");
    EXPECT_EQ(names[1], "n0");
    EXPECT_EQ(names[2], "n31");
    EXPECT_EQ(segment().cluster().nodes[2].is_alive, 1U);
    EXPECT_FALSE(show().has_changed);
    EXPECT_EQ(this->names(), names);
}

TEST_F(NodeRows, AClientThatLogsInAtANodeWithoutARowGivesItOne) {
    register_nodes(shm::node_rows - 1, false);
    static_cast<void>(show());
    cluster::set_login_node(segment(), segment().client(0), "new");
    EXPECT_EQ(login_node(0), "new");
    cluster::set_login_node(segment(), segment().client(0), "");
    EXPECT_EQ(segment().client(0).login_node, 0U);
}

TEST_F(NodeRows, LivingNodesAreNotDisplaced) {
    register_nodes(shm::node_rows - 1, true);
    EXPECT_FALSE(show().has_hidden);
    const auto names = this->names();
    register_nodes(2, true);
    EXPECT_TRUE(show().has_hidden);
    EXPECT_EQ(this->names(), names);
    cluster::set_login_node(segment(), segment().client(0), "n31");
    EXPECT_EQ(segment().client(0).login_node, 0U);
}

TEST_F(NodeRows, ANodeThatWasRemovedIsNotShownOnceNobodyIsLoggedInThere) {
    register_nodes(2, false);
    static_cast<void>(show());
    cluster::set_login_node(segment(), segment().client(0), "n1");
    nodes_.clear();
    static_cast<void>(show());
    EXPECT_EQ(names()[0], "a") << "the own node stays";
    EXPECT_EQ(names()[1], "");
    EXPECT_EQ(login_node(0), "n1");
    cluster::set_login_node(segment(), segment().client(0), "");
    static_cast<void>(show());
    EXPECT_EQ(names()[2], "");
}

}  // namespace
}  // namespace belfry::test
