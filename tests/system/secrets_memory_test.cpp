#include "tests/support/process_memory.hpp"
#include "tests/support/secrets.hpp"
#include "tests/support/server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

/// No process keeps a secret in clear, and only the supervisor keeps the hashes.
namespace belfry::test {
namespace {

/// Returns a server with a store and a small ring, which is quick to search.
ServerOptions small_server(const ClientsFile& file) {
    ServerOptions options = with_clients(file);
    options.durability = "commit";
    options.more.insert(options.more.end(), {"--ring-size", "64K", "--max-payload", "1K"});
    return options;
}

TEST(SecretsInMemory, AreGoneAfterALogin) {
    const ClientsFile file{"ann:" + old_hash + "\nbob:" + old_hash_of_openssl +
                           "\ncat:" + old_hash_of_yescrypt + "\ndan:" + new_hash + "\n"};
    const Server server{small_server(file)};
    std::vector<RawClient> clients;
    for (const std::string id : {"ann", "bob", "cat"}) {
        RawClient& client = clients.emplace_back(server.connect());
        // The line comes in pieces and after others, so that it is moved in the buffer.
        for (int count = 0; count < 20; ++count) {
            client.send("LOGIN " + id + " secret=%00 " + std::string(60, 'x') + "=\r\n");
            client.expect_error("bad-line");
        }
        client.send("LOGIN " + id + " padding=" + std::string(400, 'x') + " secret=open%20s");
        client.send("esame presence=on\r\n");
        client.read_until("LIVE");
    }
    clients[0].send("LOGIN ann secret=" + old_secret + "\r\n");
    clients[0].read_until("ERR");
    ASSERT_EQ(server.all_processes().size(), 5U);
    for (const pid_t pid : server.all_processes()) {
        const std::string memory = memory_of(pid);
        EXPECT_TRUE(has(memory, "dan")) << "the search finds nothing";
        for (const char* const part : secret_parts) {
            EXPECT_FALSE(has(memory, part)) << part << " is in the memory of process " << pid;
        }
    }
}

TEST(SecretsInMemory, TheSupervisorAloneHasTheHashes) {
    const ClientsFile file{"ann:" + old_hash + "\nbob:" + new_hash + "\n"};
    const Server server{small_server(file)};
    RawClient ann = server.log_in("ann", "secret=" + old_secret);
    const std::string digest = new_hash.substr(new_hash.rfind('$'));
    EXPECT_TRUE(has(memory_of(server.pid()), digest)) << "the search finds nothing";
    ASSERT_EQ(server.children().size(), 2U);
    for (const pid_t child : server.children()) {
        const std::string memory = memory_of(child);
        EXPECT_FALSE(has(memory, digest)) << child;
        EXPECT_FALSE(has(memory, old_hash.substr(old_hash.rfind('$')))) << child;
    }
}

}  // namespace
}  // namespace belfry::test
