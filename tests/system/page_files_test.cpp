#include "tests/support/failure.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>
#include <vector>

/// `page/embed` makes the source that holds the files of the page.
namespace belfry::test {
namespace {

class EmbeddedFiles : public testing::Test {
  protected:
    void write(const std::string& name, const std::string& bytes) {
        std::ofstream{folder_.path() / name, std::ios::binary} << bytes;
    }

    /// Returns the source for these files.
    [[nodiscard]] std::string embed(const std::vector<std::string>& names) const {
        Invocation command{source_file("page/embed"), {}};
        for (const std::string& name : names) command.arguments.push_back(folder_.path() / name);
        const Result result = run(command);
        if (result.status != 0) throw Failure{result.err};
        return result.out;
    }

    /// Returns the bytes that a program has that contains this file alone.
    [[nodiscard]] std::string served(const std::string& name) {
        write("served.cpp", embed({name}) +
                                "#include <cstdio>\nint main() { const auto bytes = "
                                "belfry::gate::page_files()[0].bytes; "
                                "std::fwrite(bytes.data(), 1, bytes.size(), stdout); }\n");
        const auto program = folder_.path() / "served";
        const auto root = source_file("page/embed").parent_path().parent_path();
        const Result built = run({"/usr/bin/g++",
                                  {"-std=c++20", "-I" + root.string(), "-o", program.string(),
                                   (folder_.path() / "served.cpp").string()}});
        if (built.status != 0) throw Failure{built.err};
        return run({program, {}}).out;
    }

    /// Returns the folder of the files whose paths change.
    [[nodiscard]] static std::string folder_in(const std::string& source) {
        std::smatch match;
        if (!std::regex_search(source, match, std::regex{"\"/([0-9a-f]{16})/page.css\""})) {
            throw Failure{source};
        }
        return match[1];
    }

    TempDir folder_;
};

TEST_F(EmbeddedFiles, KeepTheirBytes) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    write("icon.png", all);
    EXPECT_EQ(served("icon.png"), all);
}

TEST_F(EmbeddedFiles, ThatAreScriptsAreServedWithoutCommentsAndIndentation) {
    write("page.js",
          "// a comment\n/** another */\n/**\n * and a long one\n */\n"
          "if (a) {\n\n    b(\"// no comment\");\n    c();\n}\nd();\n");
    EXPECT_EQ(served("page.js"), "if (a){b(\"// no comment\");c();}\nd();");
}

TEST_F(EmbeddedFiles, HaveAnotherPathAfterAnyOfThemHasChanged) {
    write("index.html", "<link href=\"@HASH@/page.css\">");
    write("page.css", "a {}");
    const std::string first = embed({"index.html", "page.css"});
    EXPECT_EQ(embed({"page.css", "index.html"}), first) << "the order of the files counts";
    write("page.css", "b {}");
    const std::string second = embed({"index.html", "page.css"});
    write("index.html", "<link href=\"@HASH@/page.css\"> ");
    const std::string third = embed({"index.html", "page.css"});
    EXPECT_NE(folder_in(first), folder_in(second));
    EXPECT_NE(folder_in(second), folder_in(third));
    EXPECT_NE(first.find("\"\\\"" + folder_in(first) + "\\\"\""), std::string::npos) << "no etag";
}

TEST_F(EmbeddedFiles, ThatHaveNoMediaTypeAreAMistake) {
    write("page.exe", "");
    Invocation command{source_file("page/embed"), {folder_.path() / "page.exe"}};
    const Result result = run(command);
    EXPECT_NE(result.status, 0);
    EXPECT_NE(result.err.find("no media type for page.exe"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace belfry::test
