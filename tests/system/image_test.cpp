#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// The Dockerfile describes its images correctly. No image is built here.
namespace belfry::test {
namespace {

struct Stage {
    std::string name;
    std::vector<std::string> lines;

    /// True if a line of the stage begins with this.
    [[nodiscard]] bool has(std::string_view beginning) const {
        return std::ranges::any_of(
            lines, [&](const std::string& line) { return line.starts_with(beginning); });
    }
};

std::vector<Stage> stages() {
    std::vector<Stage> found;
    for (const std::string& line : lines_of(read_file(source_file("Dockerfile")))) {
        if (line.starts_with("FROM ")) found.push_back({line.substr(line.rfind(' ') + 1), {}});
        if (!found.empty()) found.back().lines.push_back(line);
    }
    return found;
}

/// Returns Debian's name for the package of a shared library.
std::string package_of(const std::string& library) {
    if (library.starts_with("libcrypto.")) return package_of("libssl" + library.substr(9));
    const auto middle = library.find(".so.");
    std::string name = library.substr(0, middle);
    std::ranges::replace(name, '_', '-');
    if (std::isdigit(static_cast<unsigned char>(name.back())) != 0) name += '-';
    return name + library.substr(middle + std::string_view{".so."}.size());
}

/// True if every image of Debian contains the library, or if it comes with libgrpc++, or only the
/// sanitizers need it.
bool comes_by_itself(const std::string& library) {
    return std::regex_search(
        library, std::regex{R"(^lib(c|m|gcc_s|stdc\+\+|tinfo|gpr|absl_\w+|asan|ubsan)\.so)"});
}

TEST(Image, IsBuiltInStagesOfWhichTheLastRunsTheTests) {
    const auto all = stages();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].name, "build");
    EXPECT_EQ(all[1].name, "runtime");
    EXPECT_EQ(all[2].name, "tests");
    EXPECT_TRUE(all[2].has("FROM build ")) << "it has the sources and what was built of them";
    EXPECT_TRUE(all[2].has("CMD [\"./run_tests.sh\"]"));
}

TEST(Image, OfTheProgramsRunsBelfrydAsAUserOfItsOwnAndKeepsItsDataInAVolume) {
    const Stage runtime = stages().at(1);
    EXPECT_TRUE(runtime.has("FROM debian:12-slim "));
    EXPECT_TRUE(runtime.has("USER belfry"));
    EXPECT_TRUE(runtime.has("VOLUME /var/lib/belfry"));
    EXPECT_TRUE(runtime.has("EXPOSE 5000"));
    EXPECT_TRUE(
        runtime.has(R"(ENTRYPOINT ["belfryd", "--listen", "0.0.0.0", "--data-dir", "/var)"));
    EXPECT_FALSE(runtime.has("COPY . ")) << "no sources";
}

TEST(Image, OfTheProgramsHasTheLibrariesThatTheyNeed) {
    const std::string text = run({"/usr/bin/readelf",
                                  {"-d", program("belfry"), program("belfryctl"),
                                   program("belfry-gate"), program("belfry-replica")}})
                                 .out;
    const std::regex needed{R"(\(NEEDED\).*\[(.*)\])"};
    std::set<std::string> packages;
    for (std::sregex_iterator at{text.begin(), text.end(), needed}, end; at != end; ++at) {
        const std::string library = (*at)[1];
        if (!comes_by_itself(library)) packages.insert(package_of(library));
    }
    packages.insert("ca-certificates");  // no library; belfry verifies servers with it
    const auto listed = lines_of(read_file(source_file("packages-runtime.txt")));
    EXPECT_EQ(packages, std::set<std::string>(listed.begin(), listed.end()));
}

}  // namespace
}  // namespace belfry::test
