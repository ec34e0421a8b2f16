#include "auth/clients_file.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::auth {
namespace {

const std::string cheap =
    "$7$26..../....k2XAnEHBqQ1Ct2aMXFKNaR$VlYsA6qX20Yhtkdd4PQWo0XWIE38AHQSzkE7J1XkgL6";
const std::string slow =
    "$y$j9T$k2XAnEHBqQ1Ct2aMXFKNaR$xLLwqw7fTRT9CA1HbEJJ6yzB5wS30EDgv6A7ZhScdi.";

std::string mistake_in(const std::string& text) {
    try {
        static_cast<void>(parse_clients(text, "FILE"));
    } catch (const ClientsFileError& error) {
        return error.what();
    }
    return "none";
}

const std::string no_hash =
    "what follows the name is neither * nor a complete hash of crypt(3) that begins with $7$, $y$, "
    "$6$, $5$ or $2b$";

TEST(ClientsFile, HasALineForEachClient) {
    const std::string text =
        "ann\nbob:" + cheap + "\ncat:" + cheap + "," + slow + "\ndan:*\nlast-one.2_";
    const auto clients = parse_clients(text, "FILE");
    ASSERT_EQ(clients.size(), 5U);
    EXPECT_EQ(clients[0].name, "ann");
    EXPECT_TRUE(clients[0].hashes[0].empty());
    EXPECT_FALSE(clients[0].by_certificate);
    EXPECT_EQ(clients[1].name, "bob");
    EXPECT_EQ(clients[1].hashes[0], cheap);
    EXPECT_TRUE(clients[1].hashes[1].empty());
    EXPECT_EQ(clients[2].hashes[0], cheap);
    EXPECT_EQ(clients[2].hashes[1], slow);
    EXPECT_TRUE(clients[3].by_certificate);
    EXPECT_TRUE(clients[3].hashes[0].empty());
    EXPECT_EQ(clients[4].name, "last-one.2_");
}

TEST(ClientsFile, MayHaveCommentsSpacesEmptyLinesAndCrlf) {
    const auto clients = parse_clients(
        "# our clients\r\n\r\n  ann \t# a laptop\r\n\n\t\nbob:*#phone\n#cat\n", "FILE");
    ASSERT_EQ(clients.size(), 2U);
    EXPECT_EQ(clients[0].content, "ann");
    EXPECT_EQ(clients[1].content, "bob:*");
    EXPECT_TRUE(parse_clients("", "FILE").empty());
}

TEST(ClientsFile, TakesTheFiveMethodsOfHashing) {
    const std::string in_43(43, 'x');
    EXPECT_TRUE(is_hash("$7$CU..../....salt$" + in_43));
    EXPECT_TRUE(is_hash("$y$j9T$salt$" + in_43));
    EXPECT_TRUE(is_hash("$5$salt$" + in_43));
    EXPECT_TRUE(is_hash("$5$rounds=1000$salt$" + in_43));
    EXPECT_TRUE(is_hash("$6$salt$" + std::string(86, 'x')));
    EXPECT_TRUE(is_hash("$2b$05$" + std::string(53, 'x')));
}

TEST(ClientsFile, TakesNoOtherHash) {
    const std::string in_43(43, 'x');
    for (const std::string& text :
         {std::string{}, std::string{"secret"}, std::string{"$1$salt$0123456789012345678901"},
          "$2a$05$" + std::string(53, 'x'), "$6$salt$" + std::string(85, 'x'),
          "$6$salt$" + std::string(87, 'x'), std::string{"$7$CU..../....salt"}, std::string{"$y$"},
          "$y" + in_43, "$5$sa lt$" + in_43, "$5$sa:lt$" + in_43, "$5$sa\x01lt$" + in_43,
          "$5$sa\xc3lt$" + in_43, "$5$" + std::string(400, 's') + "$" + in_43, std::string{"!"},
          "!" + cheap}) {
        EXPECT_FALSE(is_hash(text)) << text;
    }
}

TEST(ClientsFile, AMistakeNamesTheFileAndTheLine) {
    EXPECT_EQ(mistake_in("# none\nann\nb*b\n"),
              "clients file FILE, line 3: the name is not a client-id (1 to 32 of A-Z a-z 0-9 _ . "
              "-)");
    EXPECT_EQ(mistake_in("ann\nbob:*\n\nann:" + cheap),
              "clients file FILE, line 4: client ann is listed twice");
    EXPECT_EQ(mistake_in("ann:" + cheap + "," + cheap + "," + cheap),
              "clients file FILE, line 1: a client has at most two secrets");
    for (const std::string& rest :
         {std::string{}, std::string{"my password"}, cheap + ",", "," + cheap, cheap + ",*",
          "*," + cheap, cheap + ":" + cheap, " " + cheap, std::string{"**"}}) {
        EXPECT_EQ(mistake_in("\nann:" + rest), "clients file FILE, line 2: " + no_hash) << rest;
    }
}

TEST(ClientsFile, MayNotHaveANameThatIsNoClientId) {
    for (const std::string& name :
         {std::string{":"}, std::string{"a b"}, std::string(33, 'a'), std::string{"a\0b", 3},
          std::string{"caf\xc3\xa9"}, std::string{"a\rb"}}) {
        EXPECT_NE(mistake_in(name).find("line 1: the name is not a client-id"), std::string::npos)
            << name;
    }
}

TEST(ClientsFile, MayNotBeTooLong) {
    EXPECT_EQ(mistake_in("ann\n#" + std::string(max_clients_line, 'x')),
              "clients file FILE, line 2: the line is longer than 1024 bytes");
    EXPECT_EQ(mistake_in("ann\n#" + std::string(max_clients_line - 1, 'x')), "none");
    EXPECT_EQ(mistake_in(std::string(max_clients_file + 1, '\n')),
              "clients file FILE is larger than 16M");
    EXPECT_EQ(mistake_in(std::string(max_clients_file, '\n')), "none");
}

std::uint64_t version_of(const std::string& line) {
    return parse_clients(line, "FILE").at(0).secret_version;
}

TEST(ClientsFile, AVersionChangesWithTheSecretsAndWithNothingElse) {
    EXPECT_EQ(version_of("ann"), 0U);
    const std::vector<std::uint64_t> versions{version_of("ann"), version_of("ann:*"),
                                              version_of("ann:" + cheap), version_of("ann:" + slow),
                                              version_of("ann:" + cheap + "," + slow)};
    for (std::size_t one = 0; one < versions.size(); ++one) {
        for (std::size_t other = 0; other < one; ++other) EXPECT_NE(versions[one], versions[other]);
    }
    EXPECT_EQ(version_of("ann:" + cheap), version_of(" ann:" + cheap + "   # the phone"));
}

}  // namespace
}  // namespace belfry::auth
