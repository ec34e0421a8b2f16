#pragma once

#include "tests/support/server.hpp"
#include "tests/support/terminal.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

/// Helpers that the tests of belfryctl share.
namespace belfry::test {

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Starts a program with its standard input or output redirected to a file, which `redirections`
/// names as `$file`.
inline Process on_file(const std::filesystem::path& file, const std::string& redirections,
                       const Invocation& command) {
    const std::string line = "file=$1; exec " + shell_line(command) + " " + redirections;
    return Process{{.program = "/bin/sh",
                    .arguments = {"-c", line, "sh", file.string()},
                    .environment = {{"TERM", "xterm"}}}};
}

using Lines = std::vector<std::string>;

inline Result belfryctl(const std::filesystem::path& data_dir, std::vector<std::string> arguments,
                        Input input = Input{}) {
    arguments.insert(arguments.begin(), {"--data-dir", data_dir.string()});
    return run({program("belfryctl"), std::move(arguments), std::move(input)});
}

/// Logs in as client 1 and publishes the texts.
inline void publish(const Server& server, const Lines& texts) {
    RawClient client = server.connect();
    std::uint64_t seq = std::stoull(client.log_in("1").option("seq"));
    for (const std::string& text : texts) client.send_message(++seq, text);
    client.quit();
}

inline void publish_many(const Server& server, std::uint64_t count, std::size_t bytes_each = 20) {
    RawClient client = server.connect();
    std::uint64_t seq = std::stoull(client.log_in("1").option("seq"));
    std::string bytes;
    for (std::uint64_t i = 0; i < count; ++i) {
        bytes += "SEND " + std::to_string(++seq) + " " + std::to_string(bytes_each) + "\r\n" +
                 std::string(bytes_each, 'x') + "\r\n";
    }
    client.send(bytes);
    client.quit();
}

/// Returns the text after `sender: ` of each line.
inline Lines texts_of(const std::string& out) {
    Lines texts;
    for (const std::string& line : lines_of(out)) texts.push_back(line.substr(line.find(": ") + 2));
    return texts;
}

/// Returns the last word of an output: the secret that `client add` prints.
inline std::string last_word(std::string out) {
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out.substr(out.find_last_of(" \n") + 1);
}

inline void expect_one_line(const Result& result, int status, std::string_view part) {
    EXPECT_EQ(result.status, status) << result.out << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
}

inline void write_file(const std::filesystem::path& path, std::string_view contents) {
    std::ofstream{path} << contents;
}

inline Lines names_in(const std::filesystem::path& folder) {
    Lines names;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

inline unsigned mode_of(const std::filesystem::path& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777U : 0;
}

inline const std::string all_bytes = [] {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
    return bytes;
}();

/// Returns texts of every kind: with quotes, empty, with NUL, not UTF-8.
inline Lines odd_texts() {
    return {"plain", "", "\"quoted\" \\ \r\n", std::string{"nul \0.", 6}, "gr\xc3\xbcn", all_bytes};
}

/// Exports the whole store of a server.
inline std::string exported(const Server& server) {
    const Result result = server.belfryctl({"export", "--json"});
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out;
}

}  // namespace belfry::test
