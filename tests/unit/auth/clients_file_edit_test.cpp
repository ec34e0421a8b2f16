#include "auth/clients_file_edit.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry::auth {
namespace {

constexpr const char* hash =
    "$7$26..../....k2XAnEHBqQ1Ct2aMXFKNaR$VlYsA6qX20Yhtkdd4PQWo0XWIE38AHQSzkE7J1XkgL6";

const std::string file =
    std::string{"# who may log in\n\nann\n  bob:"} + hash + "  # bob's phone\r\n\ncat:*";

/// Returns the client of that name in `text`, which must outlive the result.
Client client_in(std::string_view text, std::string_view name) {
    for (const Client& client : parse_clients(text, "file")) {
        if (client.name == name) return client;
    }
    throw std::runtime_error{"no client"};
}

TEST(ClientsFileEdit, ANewLineComesLast) {
    EXPECT_EQ(with_line("", "ann"), "ann\n");
    EXPECT_EQ(with_line("ann\n", "bob:*"), "ann\nbob:*\n");
    EXPECT_EQ(with_line(file, "dan"), file + "\ndan\n") << "the last line had no end";
}

TEST(ClientsFileEdit, AChangeOfALineKeepsItsCommentAndAllOtherLines) {
    EXPECT_EQ(with_content(file, client_in(file, "bob"), "bob"),
              "# who may log in\n\nann\n  bob  # bob's phone\r\n\ncat:*");
    EXPECT_EQ(with_content(file, client_in(file, "cat"), "cat"), file.substr(0, file.size() - 2));
}

TEST(ClientsFileEdit, ARemovedLineLeavesAllOthers) {
    EXPECT_EQ(without_line(file, client_in(file, "ann")),
              std::string{"# who may log in\n\n  bob:"} + hash + "  # bob's phone\r\n\ncat:*");
    EXPECT_EQ(without_line(file, client_in(file, "bob")), "# who may log in\n\nann\n\ncat:*");
    EXPECT_EQ(without_line(file, client_in(file, "cat")), file.substr(0, file.size() - 5));
    EXPECT_EQ(without_line("ann\nbob\n", client_in("ann\nbob\n", "ann")), "bob\n");
}

}  // namespace
}  // namespace belfry::auth
