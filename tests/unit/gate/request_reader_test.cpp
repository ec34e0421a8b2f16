#include "gate/request_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::gate {
namespace {

using boost::beast::http::status;

/// Puts as many of the bytes into the reader as it takes. @return the rest
std::string_view put(RequestReader& reader, std::string_view bytes) {
    const auto space = reader.space();
    const std::size_t count = std::min(space.size(), bytes.size());
    std::copy_n(bytes.data(), count, space.data());
    reader.add(count);
    return bytes.substr(count);
}

/// Returns the targets and refusals of the requests, which arrive in pieces of this size.
std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
    RequestReader reader;
    std::vector<std::string> results;
    while (!bytes.empty()) {
        const auto rest = put(reader, bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()) - rest.size());
        while (const auto result = reader.next()) {
            if (result->refusal) {
                results.push_back(std::to_string(static_cast<int>(*result->refusal)));
                return results;
            }
            results.emplace_back(result->request.target());
        }
    }
    return results;
}

TEST(RequestReader, ReadsTheSameHoweverTheBytesAreCut) {
    const std::string sound = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string other = "HEAD /two HTTP/1.1\r\nHost: b\r\nX: y\r\n\r\n";
    const std::string bad = "GET /three HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n";
    const std::string all = sound + other + sound + bad + sound;
    for (std::size_t piece = 1; piece <= all.size(); ++piece) {
        EXPECT_EQ(read(all, piece), (std::vector<std::string>{"/one", "/two", "/one", "400"}))
            << piece;
    }
}

TEST(RequestReader, ReadsMoreRequestsThanItHoldsAtOnce) {
    std::string all;
    for (int count = 0; count < 1000; ++count) all += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const std::size_t piece : {1UL, 100UL, RequestReader::max_head, all.size()}) {
        EXPECT_EQ(read(all, piece).size(), 1000U) << piece;
    }
}

TEST(RequestReader, RefusesAHeadThatIsTooLong) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    const auto fitting = start + std::string(RequestReader::max_head - start.size() - 4, 'x');
    for (const std::size_t piece : {1UL, 1000UL, RequestReader::max_head}) {
        EXPECT_EQ(read(fitting + "\r\n\r\n", piece), std::vector<std::string>{"/"});
        EXPECT_EQ(read(fitting + "x\r\n\r\n", piece), std::vector<std::string>{"431"});
        EXPECT_EQ(read("GET /" + std::string(10'000, 'x'), piece), std::vector<std::string>{"431"});
    }
}

TEST(RequestReader, LeavesWhatFollowsTheRequest) {
    RequestReader reader;
    EXPECT_EQ(put(reader, "GET /ws HTTP/1.1\r\nHost: a\r\n\r\n\x82\x80mask"), "");
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.rest(), "\x82\x80mask");
}

TEST(RequestReader, KnowsWhetherABodyFollows) {
    const auto has = [](const std::string& fields) {
        RequestReader reader;
        put(reader, "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
        const auto result = reader.next();
        EXPECT_TRUE(result && !result->refusal) << fields;
        return has_body(result->request);
    };
    EXPECT_FALSE(has(""));
    EXPECT_FALSE(has("Content-Length: 0\r\n"));
    EXPECT_FALSE(has("Content-Length: 000\r\n"));
    EXPECT_TRUE(has("Content-Length: 1\r\n"));
    EXPECT_TRUE(has("Content-Length: 18446744073709551615\r\n"));
    EXPECT_TRUE(has("Transfer-Encoding: chunked\r\n"));
    EXPECT_TRUE(has("Transfer-Encoding: CHUNKED\r\n"));
}

}  // namespace
}  // namespace belfry::gate
