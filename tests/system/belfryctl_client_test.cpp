#include "tests/support/another_user.hpp"
#include "tests/support/belfryctl.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

/// `belfryctl client` changes a clients' file that no running server uses.
namespace belfry::test {
namespace {

namespace fs = std::filesystem;

/// A clients' file in its own folder. The tests see only what the programs print and write.
class ClientFile : public testing::Test {
  protected:
    [[nodiscard]] fs::path file() const { return folder_.path() / "clients"; }
    [[nodiscard]] std::string text() const { return read_file(file()); }
    void write(std::string_view text) const { static_cast<void>(folder_.write("clients", text)); }

    /// Runs `belfryctl client` on the file.
    [[nodiscard]] Result client(std::vector<std::string> words, Input input = Input{}) const {
        return run(command(std::move(words), std::move(input)));
    }
    [[nodiscard]] Invocation command(std::vector<std::string> words, Input input = Input{}) const {
        words.insert(words.begin(), "client");
        words.insert(words.end(), {"--clients", file().string(), "--data-dir",
                                   (folder_.path() / "no data").string()});
        return {program("belfryctl"), std::move(words), std::move(input)};
    }

    TempDir folder_;
};

/// Returns the hashes of the client in a clients' file without comments.
std::string hashes_of(const std::string& text, const std::string& name) {
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with(name + ":")) return line.substr(name.size() + 1);
    }
    return "";
}

// --- the commands --------------------------------------------------------------------------------

TEST_F(ClientFile, AddPrintsASecretOf27CharactersAsTheLastWordAndStoresItsHash) {
    const Result result = client({"add", "ann"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    const std::string secret = last_word(result.out);
    EXPECT_EQ(secret.size(), 27U) << result.out;
    EXPECT_TRUE(hashes_of(text(), "ann").starts_with("$7$")) << text();
    EXPECT_FALSE(has(text(), secret));
    EXPECT_EQ(mode_of(file()), 0600U);
    EXPECT_NE(last_word(client({"add", "bob"}).out), secret);
}

TEST_F(ClientFile, AddRefusesAClientThatIsThere) {
    write("ann\n");
    expect_one_line(client({"add", "ann"}), 1, "client ann is already in " + file().string());
    EXPECT_EQ(text(), "ann\n");
}

TEST_F(ClientFile, AChangeOfAClientSaysIfThereIsNoServerToBeTold) {
    write("ann\nbob\n");
    for (const Lines& words : {Lines{"secret", "ann"}, Lines{"remove", "bob"}}) {
        const Result result = client(words);
        EXPECT_EQ(result.status, 0);
        EXPECT_EQ(result.err, "belfryctl: no server was told, because " +
                                  (folder_.path() / "no data").string() +
                                  " does not exist; see --data-dir\n");
    }
}

TEST_F(ClientFile, SecretReplacesTheOldOneOrKeepsItAsTheSecond) {
    EXPECT_EQ(client({"add", "ann"}).status, 0);
    const std::string first = hashes_of(text(), "ann");
    const Result result = client({"secret", "ann", "--keep-old"});
    EXPECT_EQ(last_word(result.out).size(), 27U) << result.out << result.err;
    const std::string both = hashes_of(text(), "ann");
    const std::string second = both.substr(0, both.find(','));
    EXPECT_EQ(both, second + "," + first);
    EXPECT_EQ(client({"secret", "ann", "--keep-old"}).status, 0);
    EXPECT_TRUE(hashes_of(text(), "ann").ends_with("," + second)) << "the older one is dropped";
    EXPECT_EQ(client({"secret", "ann"}).status, 0);
    EXPECT_EQ(hashes_of(text(), "ann").find(','), std::string::npos);
}

TEST_F(ClientFile, KeepOldIsRefusedIfThereIsNoSecret) {
    write("ann\nbob:*\n");
    for (const std::string name : {"ann", "bob"}) {
        expect_one_line(client({"secret", name, "--keep-old"}), 1, "has no secret to keep");
    }
    EXPECT_EQ(client({"secret", "bob"}).status, 0);
    EXPECT_TRUE(hashes_of(text(), "bob").starts_with("$7$"));
}

TEST_F(ClientFile, ListPrintsEachClientAndItsSecretsButNoHash) {
    EXPECT_EQ(client({"add", "ann"}).status, 0);
    EXPECT_EQ(client({"secret", "ann", "--keep-old"}).status, 0);
    write(text() + "bob # none\ncat:*\n");
    const Result result = client({"list"});
    EXPECT_EQ(lines_of(result.out),
              (Lines{"ann                2 secrets", "bob                no secret",
                     "cat                certificate only"}));
    EXPECT_FALSE(has(result.out, "$"));
}

TEST_F(ClientFile, CommentsAndTheOrderOfTheOtherLinesStay) {
    write("# first\nbob\n\n  ann   # a device\ncat # gone\n# last");
    EXPECT_EQ(client({"remove", "cat"}).status, 0);
    EXPECT_EQ(text(), "# first\nbob\n\n  ann   # a device\n# last");
    EXPECT_EQ(client({"secret", "ann"}).status, 0);
    const std::string changed = text();
    EXPECT_TRUE(changed.starts_with("# first\nbob\n\n  ann:$7$")) << changed;
    EXPECT_TRUE(changed.ends_with("   # a device\n# last")) << changed;
    EXPECT_EQ(client({"add", "dan"}).status, 0);
    EXPECT_TRUE(text().starts_with(changed + "\ndan:$7$")) << text();
}

TEST_F(ClientFile, AnUnknownClientOrAMissingFileIsAFailure) {
    for (const std::string verb : {"secret", "remove"}) {
        expect_one_line(client({verb, "ann"}), 1, "clients: No such file or directory");
    }
    EXPECT_FALSE(fs::exists(file()));
    write("ann\n");
    for (const std::string verb : {"secret", "remove"}) {
        expect_one_line(client({verb, "bob"}), 1, "client bob is not in " + file().string());
    }
}

TEST_F(ClientFile, AMistakeInTheFileNamesItsLineAndChangesNothing) {
    const std::string bad = "ann\nbob:plain text\n";
    write(bad);
    for (const Lines& words :
         {Lines{"add", "cat"}, Lines{"secret", "ann"}, Lines{"remove", "ann"}, Lines{"list"}}) {
        const Result result = client(words);
        expect_one_line(result, 2, ", line 2: ");
        EXPECT_EQ(result.out, "");
    }
    EXPECT_EQ(text(), bad);
}

TEST_F(ClientFile, AWrongCommandLineHasStatusTwo) {
    for (const Lines& words : {Lines{}, Lines{"add"}, Lines{"add", "no spaces"}, Lines{"rename"},
                               Lines{"list", "--ask"}, Lines{"add", "ann", "--keep-old"}}) {
        expect_one_line(client(words), 2, "");
    }
    EXPECT_FALSE(fs::exists(file()));
}

TEST_F(ClientFile, WithoutClientsAServerMustBeRunning) {
    expect_one_line(belfryctl(folder_.path(), {"client", "list"}), 1,
                    "no server is running in " + folder_.path().string());
}

// --- --ask
// -----------------------------------------------------------------------------------------

TEST_F(ClientFile, AskTakesTheFirstLineOfAStandardInputThatIsNoTerminal) {
    const fs::path input = folder_.write("input", "a chosen secret\nmore");
    const Result result = client({"add", "ann", "--ask"}, Input::file(input));
    EXPECT_EQ(result.out, "added client ann\n") << result.err;
    EXPECT_TRUE(hashes_of(text(), "ann").starts_with("$y$")) << text();
}

TEST_F(ClientFile, AskRefusesASecretThatIsEmptyOrTooLong) {
    const auto add = [&](std::string_view input) {
        return client({"add", "ann", "--ask"}, Input::file(folder_.write("input", input)));
    };
    expect_one_line(add(""), 1, "the secret is empty");
    expect_one_line(add("\nsecond line\n"), 1, "the secret is empty");
    expect_one_line(add(std::string(257, 'x') + "\n"), 1, "longer than 256 bytes");
    expect_one_line(add(std::string_view{"a\0b\n", 4}), 1, "contains a NUL byte");
    EXPECT_FALSE(fs::exists(file()));
    EXPECT_EQ(add(std::string(256, 'x') + "\n").status, 0);
}

TEST_F(ClientFile, AskReadsTheSecretTwiceAtATerminalWithoutAnEcho) {
    Terminal terminal{command({"add", "ann", "--ask"})};
    terminal.expect("New secret:");
    terminal.enter("correct horse");
    terminal.expect("The same again:");
    terminal.enter("correct horse");
    terminal.expect("added client ann");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_FALSE(has(terminal.everything(), "horse")) << terminal.everything();
    EXPECT_FALSE(has(terminal.written(), "horse"));
    EXPECT_TRUE(terminal.has_its_modes_back());
    EXPECT_TRUE(hashes_of(text(), "ann").starts_with("$y$")) << text();
}

TEST_F(ClientFile, AskRefusesTwoDifferentSecretsAtATerminal) {
    Terminal terminal{command({"add", "ann", "--ask"})};
    terminal.expect("New secret:");
    terminal.enter("correct horse");
    terminal.expect("The same again:");
    terminal.enter("correct house");
    terminal.expect("the two secrets are not the same");
    EXPECT_EQ(terminal.wait(), 1);
    EXPECT_FALSE(fs::exists(file()));
}

// --- how the file is replaced
// ----------------------------------------------------------------------

TEST_F(ClientFile, IsReplacedByOneRenameSoThatNobodyReadsHalfOfIt) {
    write("ann\n");
    const fs::path before = folder_.path() / "before";
    fs::create_hard_link(file(), before);
    EXPECT_EQ(client({"add", "bob"}).status, 0);
    EXPECT_EQ(read_file(before), "ann\n") << "the old file was written to";
    EXPECT_EQ(names_in(folder_.path()), (Lines{"before", "clients"}));
}

TEST_F(ClientFile, ManyCommandsAtOnceLoseNothing) {
    constexpr int commands = 12;
    std::vector<Process> running;
    for (int number = 0; number < commands; ++number) {
        running.emplace_back(command({"add", "client" + std::to_string(number)}));
    }
    while (std::ranges::any_of(running, [](Process& each) { return each.is_running(); })) {
        if (!fs::exists(file())) continue;
        const std::string now = text();
        EXPECT_TRUE(now.empty() || now.ends_with('\n')) << now;
        EXPECT_EQ(client({"list"}).status, 0);
    }
    for (Process& each : running) EXPECT_EQ(each.wait(), 0) << each.err();
    for (int number = 0; number < commands; ++number) {
        EXPECT_NE(hashes_of(text(), "client" + std::to_string(number)), "") << text();
    }
    EXPECT_EQ(names_in(folder_.path()), Lines{"clients"});
}

TEST_F(ClientFile, WhatAKilledCommandHasLeftIsReplaced) {
    write("ann\n");
    const fs::path precious = folder_.write("precious", "precious");
    for (const bool is_link : {false, true}) {
        if (is_link) fs::create_symlink(precious, folder_.path() / "clients.new");
        if (!is_link) static_cast<void>(folder_.write("clients.new", "half of a li"));
        EXPECT_EQ(client({is_link ? "remove" : "add", "bob"}).status, 0);
        EXPECT_EQ(names_in(folder_.path()), (Lines{"clients", "precious"}));
    }
    EXPECT_EQ(text(), "ann\n");
    EXPECT_EQ(read_file(precious), "precious");
}

TEST_F(ClientFile, OwnerAndModeStay) {
    write("ann\n");
    fs::permissions(file(), fs::perms{0640});
    if (is_root()) {
        ASSERT_EQ(::chown(file().c_str(), nobody_else, nobody_else), 0);
    }
    EXPECT_EQ(client({"add", "bob"}).status, 0);
    struct stat facts {};
    ASSERT_EQ(::stat(file().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777U, 0640U);
    EXPECT_EQ(facts.st_uid, is_root() ? nobody_else : ::getuid());
    EXPECT_EQ(facts.st_gid, is_root() ? nobody_else : ::getgid());
}

TEST_F(ClientFile, ALinkOrAPipeInItsPlaceIsRefused) {
    const fs::path elsewhere = folder_.path() / "elsewhere";
    fs::create_symlink(elsewhere, file());
    expect_one_line(client({"add", "ann"}), 1, "clients: is a symbolic link");
    EXPECT_FALSE(fs::exists(elsewhere));
    fs::remove(file());
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    expect_one_line(client({"add", "ann"}), 1, "clients: not a regular file");
}

// --- root
// ------------------------------------------------------------------------------------------

TEST_F(ClientFile, RootRefusesAFolderThatOthersCanRedirectOrFill) {
    if (!is_root()) return print_that_root_is_needed();
    write("ann\n");
    fs::permissions(folder_.path(), fs::perms{0777});
    expect_one_line(client({"add", "bob"}), 1, "is writable by users other than its owner");
    fs::permissions(folder_.path(), fs::perms{01777});
    EXPECT_EQ(client({"add", "bob"}).status, 0);
    ASSERT_EQ(::chown(file().c_str(), nobody_else, nobody_else), 0);
    expect_one_line(client({"add", "cat"}), 1, "is not safe for root: it belongs to user 61234");
    expect_one_line(client({"list"}), 1, "is not safe for root");
}

TEST_F(ClientFile, RootRefusesAFolderBehindALinkOfAnotherUser) {
    if (!is_root()) return print_that_root_is_needed();
    write("ann\n");
    const TempDir other;
    fs::permissions(other.path(), fs::perms{01777});
    const fs::path link = other.path() / "link";
    fs::create_directory_symlink(folder_.path(), link);
    ASSERT_EQ(::lchown(link.c_str(), nobody_else, nobody_else), 0);
    const Result result = run(
        {program("belfryctl"), {"client", "add", "bob", "--clients", (link / "clients").string()}});
    expect_one_line(result, 1, "belongs to user 61234");
    EXPECT_EQ(text(), "ann\n");
}

}  // namespace
}  // namespace belfry::test
