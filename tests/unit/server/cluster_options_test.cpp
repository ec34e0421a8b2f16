#include "server/cluster_options.hpp"

#include "cli/command_line.hpp"
#include "server/options.hpp"
#include "tests/support/temp_dir.hpp"
#include "wire/limits.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace belfry::test {
namespace {

using Words = std::vector<std::string>;

const std::string one_url = "http://127.0.0.1:2379";

/// Returns the options of a node; the words are added to the shortest valid ones.
server::Options node_with(const Words& words) {
    Words arguments{"-client_ids", "1,2", "--cluster", one_url, "--node", "a"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return server::read_options(arguments).value();
}

template <class Function>
std::string error_of(Function function) {
    try {
        function();
    } catch (const cli::UsageError& error) {
        return error.what();
    }
    return "";
}

std::string complaint(const Words& words) {
    return error_of([&] { static_cast<void>(node_with(words)); });
}

/// Returns the complaint about words that come without `--cluster`.
std::string complaint_of_single_node(Words words) {
    words.insert(words.begin(), {"-client_ids", "1"});
    return error_of([&] { static_cast<void>(server::read_options(words)); });
}

std::string complaint_about_files(const Words& words) {
    return error_of([&] { server::require_files(node_with(words)); });
}

TEST(ClusterOptions, AreNotThereOnASingleNode) {
    EXPECT_FALSE(server::read_options({"-client_ids", "1"}).value().cluster);
}

TEST(ClusterOptions, HaveDefaults) {
    const auto cluster =
        server::read_options({"-client_ids", "1", "--cluster", one_url, "--node", "a"})
            .value()
            .cluster.value();
    EXPECT_EQ(cluster.urls, one_url);
    EXPECT_EQ(cluster.name, "belfry");
    EXPECT_EQ(cluster.address, "");
    EXPECT_FALSE(cluster.certificate || cluster.key || cluster.ca || cluster.user_file);
}

TEST(ClusterOptions, TheNodeIsNamedAfterTheHost) {
    std::array<char, 256> host{};
    ASSERT_EQ(::gethostname(host.data(), host.size()), 0);
    const Words words{"-client_ids", "1", "--cluster", one_url};
    if (!wire::is_client_id(host.data())) {
        EXPECT_THROW(static_cast<void>(server::read_options(words)), cli::UsageError);
        return;
    }
    EXPECT_EQ(server::read_options(words).value().cluster.value().node, host.data());
}

TEST(ClusterOptions, AreReadAsGiven) {
    const auto cluster =
        server::read_options({"-client_ids", "1", "-cluster", "https://e1:2379,https://[::1]:2379",
                              "--cluster-cert", "/c", "--cluster_key", "/k", "--cluster-ca", "/a",
                              "--cluster-user-file", "/u", "--cluster-name", "chat", "--node",
                              "n.1", "--node-address", "[2001:db8::1]:5000"})
            .value()
            .cluster.value();
    EXPECT_EQ(cluster.urls, "https://e1:2379,https://[::1]:2379");
    EXPECT_EQ(cluster.certificate, "/c");
    EXPECT_EQ(cluster.key, "/k");
    EXPECT_EQ(cluster.ca, "/a");
    EXPECT_EQ(cluster.user_file, "/u");
    EXPECT_EQ(cluster.name, "chat");
    EXPECT_EQ(cluster.node, "n.1");
    EXPECT_EQ(cluster.address, "[2001:db8::1]:5000");
}

TEST(ClusterOptions, AreReadFromTheConfigurationFileToo) {
    const TempDir folder;
    const auto file = folder.write(
        "config", "client-ids = 1\ncluster = http://e:2379\nnode = b\ncluster-name = c\n");
    const auto cluster = server::read_options({"--config", file.string()}).value().cluster.value();
    EXPECT_EQ(cluster.urls, "http://e:2379");
    EXPECT_EQ(cluster.node, "b");
    EXPECT_EQ(cluster.name, "c");
}

TEST(ClusterOptions, BecomeArgumentsOfTheReplicaWithAbsolutePaths) {
    const auto cluster = node_with({"--node-address", "h:1", "--cluster-user-file", "u"}).cluster;
    const std::string path = std::filesystem::absolute("u").string();
    EXPECT_EQ(server::cluster_arguments(cluster.value()),
              (Words{"--cluster", one_url, "--cluster-user-file", path, "--cluster-name", "belfry",
                     "--node", "a", "--node-address", "h:1"}));
}

TEST(ClusterOptions, OfNoUseWithoutAClusterAreRefused) {
    for (const std::string option :
         {"--cluster-cert", "--cluster-key", "--cluster-ca", "--cluster-user-file",
          "--cluster-name", "--node", "--node-address"}) {
        EXPECT_EQ(complaint_of_single_node({option, "a:1"}), option + " needs --cluster");
    }
}

TEST(ClusterOptions, RefuseUrlsThatAreNone) {
    for (const std::string url :
         {"", ",", "e:2379", "http://", "ftp://e:2379", "http://e:2379/path", "http://e:0",
          "http://e:2379,", "http://e:2379,e2", "http://e:2379, http://e2:2379"}) {
        const std::string text = complaint_of_single_node({"--cluster=" + url, "--node", "a"});
        EXPECT_NE(text.find("--cluster"), std::string::npos) << url << ": " << text;
    }
}

TEST(ClusterOptions, RefuseNamesWithOtherCharactersThanThoseOfAClientId) {
    for (const std::string name : {"a/b", "a b", "ä", "123456789012345678901234567890123"}) {
        EXPECT_NE(complaint({"--cluster-name", name}).find("--cluster-name: '" + name + "'"),
                  std::string::npos);
        const std::string text = complaint_of_single_node({"--cluster", one_url, "--node", name});
        EXPECT_NE(text.find("--node: '" + name + "'"), std::string::npos) << text;
    }
}

TEST(ClusterOptions, RefuseAnAddressWithoutAPort) {
    for (const std::string address :
         {"h", "h:", "h:0", "h:65536", ":5000", "::1:5000", "h:5000/", "http://h:5000", "[::1]"}) {
        EXPECT_NE(complaint({"--node-address", address}).find("--node-address"), std::string::npos)
            << address;
    }
    for (const std::string address : {"h:5000", "192.0.2.1:80", "[::1]:443"}) {
        EXPECT_EQ(complaint({"--node-address", address}), "") << address;
    }
}

TEST(ClusterOptions, NeedDurabilityCommit) {
    for (const char* const word : {"async", "memory"}) {
        EXPECT_EQ(complaint({"--durability", word}), "--cluster needs --durability commit");
    }
    EXPECT_EQ(complaint({"--durability", "commit"}), "");
}

TEST(ClusterOptions, AllowPayloadsUpToOneMebibyte) {
    EXPECT_EQ(complaint({"--max-payload", "1M"}), "");
    EXPECT_EQ(complaint({"--max-payload", "1048577"}),
              "--max-payload 1048577 is above 1M, the limit of a cluster");
}

TEST(ClusterOptions, NeedCertificateAndKeyTogetherAndTls) {
    EXPECT_EQ(complaint({"--cluster-cert", "c"}), "--cluster-cert needs --cluster-key");
    EXPECT_EQ(complaint({"--cluster-key", "k"}), "--cluster-key needs --cluster-cert");
    EXPECT_EQ(complaint({"--cluster-ca", "a"}), "--cluster-ca needs https:// in --cluster");
    EXPECT_EQ(complaint({"--cluster-cert", "c", "--cluster-key", "k"}),
              "--cluster-cert needs https:// in --cluster");
}

TEST(ClusterOptions, RefuseAPathThatCannotBeRecorded) {
    EXPECT_EQ(complaint({"--cluster-user-file", "a\nb"}),
              "--cluster-user-file must not contain a line break");
    EXPECT_NE(complaint({"--cluster-user-file", ""}), "");
}

TEST(ClusterFiles, MustExistAndBeRegular) {
    const TempDir folder;
    const std::string missing = (folder.path() / "missing").string();
    EXPECT_EQ(complaint_about_files({"--cluster-user-file", missing}),
              "--cluster-user-file: " + missing + " cannot be opened: No such file or directory");
    EXPECT_EQ(complaint_about_files({"--cluster-user-file", folder.path().string()}),
              "--cluster-user-file: " + folder.path().string() + " is not a regular file");
}

TEST(ClusterFiles, TheUserFileHoldsOneLineWithNameAndPassword) {
    const TempDir folder;
    for (const std::string text :
         {"", "\n", "root", "root:", "root:\r\n", ":secret", "root:a\nx"}) {
        const auto file = folder.write("user", text);
        ::chmod(file.c_str(), 0600);
        EXPECT_EQ(complaint_about_files({"--cluster-user-file", file.string()}),
                  "--cluster-user-file: " + file.string() + " does not hold one line name:password")
            << text;
    }
    for (const std::string text : {"root:a", "root:a:b\n", "root:a\r\n"}) {
        const auto file = folder.write("user", text);
        ::chmod(file.c_str(), 0600);
        EXPECT_EQ(complaint_about_files({"--cluster-user-file", file.string()}), "") << text;
    }
}

TEST(ClusterFiles, TheUserFileIsRefusedIfEverybodyMayReadIt) {
    const TempDir folder;
    const auto file = folder.write("user", "root:secret\n");
    ::chmod(file.c_str(), 0604);
    EXPECT_NE(complaint_about_files({"--cluster-user-file", file.string()}).find("chmod o="),
              std::string::npos);
    ::chmod(file.c_str(), 0640);
    EXPECT_EQ(complaint_about_files({"--cluster-user-file", file.string()}), "");
}

TEST(ClusterOptions, EachThatDiffersIsNamed) {
    const auto now = node_with({}).cluster;
    const auto next = node_with({"--cluster-name", "x", "--node-address", "h:1"}).cluster;
    Words names;
    for (const auto& [name, differs] : server::cluster_differences(now, next)) {
        if (differs) names.emplace_back(name);
    }
    EXPECT_EQ(names, (Words{"cluster-name", "node-address"}));
    const auto to_single_node = server::cluster_differences(now, {});
    EXPECT_TRUE(to_single_node.front().second);
}

}  // namespace
}  // namespace belfry::test
