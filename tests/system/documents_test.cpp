#include "tests/support/certificates.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

/// The documents name the same options and commands as `--help` of the programs.
namespace belfry::test {
namespace {

using Names = std::set<std::string>;

std::string help_of(const std::string& name) {
    return run({program(name), {"--help"}}).out;
}

/// Returns the text of the pattern's first group for every match in every line.
Names found(const std::string& text, const std::string& pattern) {
    const std::regex regex{pattern};
    Names names;
    for (const std::string& line : lines_of(text)) {
        for (std::sregex_iterator at{line.begin(), line.end(), regex}, end; at != end; ++at) {
            names.insert((*at)[1]);
        }
    }
    return names;
}

Names options_of(const std::string& name) {
    return found(help_of(name), "^  --([a-z-]+)");
}

Names commands_of(const std::string& name) {
    return found(help_of(name), "^  ([a-z][a-z-]*) ");
}

auto manual_file(const std::string& name) {
    return source_file("man/" + name + (name == "belfry" ? ".1" : ".8"));
}

std::string manual_of(const std::string& name) {
    return read_file(manual_file(name));
}

/// Returns the first cells of the tables in a section of the README.
std::string first_cells(const std::string& section) {
    std::string cells;
    bool inside = false;
    for (const std::string& line : lines_of(read_file(source_file("README.md")))) {
        if (line.starts_with("## ")) inside = line == "## " + section;
        if (!inside || !line.starts_with("| ")) continue;
        cells += line.substr(0, line.find(" | ", 1)) + '\n';
    }
    return cells;
}

/// Returns the completions that bash offers for the last of the words.
Names completed(const std::vector<std::string>& words) {
    Invocation bash{
        "/bin/bash",
        {"--norc", "-c",
         "source \"$1\"; _belfry \"$2\" \"$3\" \"$4\"; printf '%s\\n' \"${COMPREPLY[@]}\"", "bash",
         source_file("packaging/completion.bash").string(), program(words.front()).string(),
         words.back(), words[words.size() - 2]}};
    const Result result = run(bash);
    EXPECT_EQ(result.err, "");
    return found(result.out, "(.+)");
}

Names with_dashes(const Names& names, const std::string& dashes) {
    Names result;
    for (const std::string& name : names) result.insert(dashes + name);
    return result;
}

class DocumentsOf : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(EachProgram, DocumentsOf,
                         testing::Values("belfryd", "belfry", "belfryctl"),
                         [](const auto& tested) { return tested.param; });

TEST_P(DocumentsOf, TheHelpNamesTheOptionsThatEveryProgramHas) {
    const Names options = options_of(GetParam());
    for (const std::string common : {"config", "version", "help"}) {
        EXPECT_TRUE(options.contains(common)) << common;
    }
}

TEST_P(DocumentsOf, TheManualNamesTheSameOptions) {
    EXPECT_EQ(found(manual_of(GetParam()), R"(^\.It Fl -([a-z-]+))"), options_of(GetParam()));
}

TEST_P(DocumentsOf, TheReadmeNamesTheSameOptions) {
    EXPECT_EQ(found(first_cells(GetParam()), "`--([a-z-]+)"), options_of(GetParam()));
}

TEST_P(DocumentsOf, CompletionOffersTheSameOptionsWithOneDashOrTwo) {
    const Names options = options_of(GetParam());
    EXPECT_EQ(completed({GetParam(), "--"}), with_dashes(options, "--"));
    EXPECT_EQ(completed({GetParam(), "-"}), with_dashes(options, "--"));
    EXPECT_EQ(completed({GetParam(), "-versi"}), Names{"-version"});
    EXPECT_EQ(completed({GetParam(), "--versi"}), Names{"--version"});
}

TEST_P(DocumentsOf, TheManualIsWellFormed) {
    // Messages about style are left out, because they depend on which other manuals are installed.
    const Result lint =
        run({"/usr/bin/mandoc", {"-T", "lint", "-W", "warning", manual_file(GetParam())}});
    EXPECT_EQ(lint.status, 0);
    EXPECT_EQ(lint.out + lint.err, "");
}

TEST(Documents, TheManualsOfTheOtherProgramsAreWellFormedAndNameTheSameOptions) {
    for (const std::string name : {"belfry-gate", "belfry-replica"}) {
        EXPECT_EQ(found(manual_of(name), R"(^\.It Fl -([a-z-]+))"), options_of(name));
        const Result lint =
            run({"/usr/bin/mandoc", {"-T", "lint", "-W", "warning", manual_file(name)}});
        EXPECT_EQ(lint.out + lint.err, "");
    }
}

TEST(Documents, ManualReadmeAndCompletionNameTheCommandsOfBelfryctl) {
    const Names commands = commands_of("belfryctl");
    EXPECT_TRUE(commands.contains("status"));
    EXPECT_EQ(found(manual_of("belfryctl"), R"(^\.It Cm ([a-z-]+))"), commands);
    EXPECT_EQ(found(first_cells("belfryctl"), "^\\| `([a-z][a-z-]*)"), commands);
    EXPECT_EQ(completed({"belfryctl", ""}), commands);
    EXPECT_EQ(completed({"belfryctl", "client", ""}), (Names{"add", "list", "remove", "secret"}));
    EXPECT_EQ(completed({"belfryctl", "cluster", ""}), (Names{"add", "reseed", "status"}));
    EXPECT_EQ(completed({"belfry-replica", "re"}), Names{"reseed"});
}

TEST(Documents, CompletionOffersTheValuesOfAnOption) {
    const TempDir folder;
    const std::string file = folder.write("a file", "").string();
    EXPECT_EQ(completed({"belfryd", "--durability", ""}), (Names{"async", "commit", "memory"}));
    EXPECT_EQ(completed({"belfryd", "-durability", "a"}), Names{"async"});
    EXPECT_EQ(completed({"belfryd", "--web-tls", ""}), (Names{"off", "on"}));
    EXPECT_EQ(completed({"belfry-gate", "--web-tls", ""}), (Names{"off", "on"}));
    EXPECT_EQ(completed({"belfryd", "--config", file.substr(0, file.size() - 1)}), Names{file});
    EXPECT_EQ(completed({"belfryctl", "-data_dir", file.substr(0, file.size() - 1)}), Names{});
    EXPECT_EQ(completed({"belfry", "--port", ""}), Names{});
    EXPECT_EQ(completed({"belfry", "-client_"}), Names{"-client-id"});
}

/// Returns the example configuration with every commented-out setting enabled.
std::string whole_example() {
    const std::string text = read_file(source_file("packaging/belfryd.conf"));
    std::string whole;
    for (const std::string& line : lines_of(text)) {
        const bool is_default = std::regex_search(line, std::regex{"^# [a-z-]+ = "});
        whole += (is_default ? line.substr(2) : line) + '\n';
    }
    return whole;
}

TEST(Documents, TheExampleConfigurationNamesEveryOptionOfBelfrydThatAFileMayHold) {
    Names options = options_of("belfryd");
    for (const char* const option : {"config", "check", "version", "help"}) options.erase(option);
    EXPECT_EQ(found(whole_example(), "^([a-z-]+) = "), options);
}

/// Returns the example with other paths in place of those below /etc/belfry.
std::string with_paths(std::string example, const std::map<std::string, std::string>& paths) {
    for (const auto& [installed, path] : paths) {
        const std::size_t at = example.find("/etc/belfry/" + installed);
        if (at == std::string::npos) throw Failure{"the example does not name " + installed};
        example.replace(at, installed.size() + std::strlen("/etc/belfry/"), path);
    }
    return example;
}

TEST(Documents, TheExampleConfigurationIsValidAsItIsAndWithEverySettingEnabled) {
    const TempDir folder;
    const Certificates certificates;
    const KeyPair pair = certificates.server();
    const auto user = folder.write("user", "belfry:secret\n");
    std::filesystem::permissions(user, std::filesystem::perms{0600});
    const std::string whole =
        with_paths(whole_example(),
                   {{"clients", folder.write("clients", "ann\n").string()},
                    {"tls/fullchain.pem", pair.certificate.string()},
                    {"tls/privkey.pem", pair.key.string()},
                    {"tls/clients.pem", certificates.authority().string()},
                    {"tls/etcd-ca.pem", certificates.authority().string()},
                    {"tls/etcd-node.pem", pair.certificate.string()},
                    {"tls/etcd-node.key", pair.key.string()},
                    {"tls/etcd-user", user.string()},
                    {"tls/revoked.pem", certificates.revoke(certificates.client("bob")).string()}});
    for (const auto& file : {source_file("packaging/belfryd.conf"), folder.write("whole", whole)}) {
        const Result checked = run({program("belfryd"), {"--config", file, "--check"}});
        EXPECT_EQ(checked.status, 0) << checked.err;
    }
}

TEST(Documents, SettingsCommentedOutInTheExampleConfigurationAreTheDefaults) {
    const std::string example = read_file(source_file("packaging/belfryd.conf"));
    const std::regex option{R"(^  --([a-z-]+) \S+ \(=(\S+)\))"};
    for (const std::string& line : lines_of(help_of("belfryd"))) {
        std::smatch match;
        if (!std::regex_search(line, match, option)) continue;
        const std::string setting = "\n# " + match[1].str() + " = " + match[2].str() + "\n";
        EXPECT_NE(example.find(setting), std::string::npos) << setting;
    }
}

TEST(Documents, ThePackageIsBuiltWithTheLibrariesOfThePrograms) {
    const std::string control = read_file(source_file("debian/control"));
    Names libraries = found(read_file(source_file("packages.txt")), "^(\\S+-dev)$");
    libraries.erase("libgtest-dev");
    libraries.erase("libbenchmark-dev");
    EXPECT_TRUE(libraries.contains("libsqlite3-dev"));
    EXPECT_EQ(found(control, "^ (\\S+-dev),$"), libraries);
}

TEST(Documents, ThePackageHasTheVersionOfThePrograms) {
    const std::string changelog = read_file(source_file("debian/changelog"));
    const std::string version = changelog.substr(0, changelog.find(')')) + '\n';
    EXPECT_EQ(version, std::regex_replace(run({program("belfryd"), {"--version"}}).out,
                                          std::regex{"belfryd (.*)"}, "belfry ($1"));
}

TEST(Documents, TheChangelogsNewestVersionIsThatOfThePrograms) {
    std::vector<std::string> headings;
    for (const std::string& line : lines_of(read_file(source_file("CHANGELOG.md")))) {
        if (line.starts_with("## ")) headings.push_back(line);
    }
    ASSERT_GE(headings.size(), 2U);
    EXPECT_EQ(headings[0], "## [Unreleased]");
    const std::string version = run({program("belfryd"), {"--version"}}).out;
    EXPECT_EQ(headings[1].substr(0, headings[1].find(']')) + "]\n",
              std::regex_replace(version, std::regex{"belfryd (.*)"}, "## [$1]"));
}

}  // namespace
}  // namespace belfry::test
