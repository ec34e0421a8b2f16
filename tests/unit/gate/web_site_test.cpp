#include "gate/web_site.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace belfry::gate {
namespace {

namespace http = boost::beast::http;

HttpRequest request_for(const std::string& path, http::verb method = http::verb::get) {
    HttpRequest request{method, path, 11};
    request.set(http::field::host, "localhost");
    return request;
}

/// The site with the real files of the page.
class TheSite : public testing::Test {
  protected:
    [[nodiscard]] HttpAnswer answer(const HttpRequest& request) const {
        return site_.answer(request, true).value();
    }
    [[nodiscard]] static bool has(const HttpAnswer& answer, std::string_view text) {
        return answer.head.find(text) != std::string::npos;
    }

    WebOrigins origins_{false, {}};
    WebSite site_{origins_, nullptr};
};

TEST_F(TheSite, ServesEachFileOfThePage) {
    ASSERT_FALSE(page_files().empty());
    for (const PageFile& file : page_files()) {
        SCOPED_TRACE(file.path);
        const HttpAnswer got = answer(request_for(std::string{file.path}));
        EXPECT_TRUE(got.head.starts_with("HTTP/1.1 200 OK\r\n"));
        EXPECT_EQ(got.body, file.bytes);
        EXPECT_FALSE(got.closes);
        EXPECT_TRUE(has(got, "\r\nContent-Type: " + std::string{file.type} + "\r\n"));
        EXPECT_TRUE(has(got, "\r\nContent-Length: " + std::to_string(file.bytes.size()) + "\r\n"));
        EXPECT_TRUE(got.head.ends_with("\r\n\r\n"));
        const std::string_view policy =
            file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache";
        EXPECT_TRUE(has(got, "\r\nCache-Control: " + std::string{policy} + "\r\n"));
        const HttpAnswer head = answer(request_for(std::string{file.path}, http::verb::head));
        EXPECT_EQ(head.head, got.head);
        EXPECT_EQ(head.body, "");
    }
}

TEST_F(TheSite, HasThreeFixedPathsAndTheRestBelowAHash) {
    std::set<std::string> fixed;
    std::set<std::string> folders;
    for (const PageFile& file : page_files()) {
        const std::string path{file.path};
        if (!file.is_immutable) {
            fixed.insert(path);
            EXPECT_EQ(file.bytes.find("@HASH@"), std::string_view::npos) << path;
        } else {
            folders.insert(path.substr(0, path.rfind('/')));
        }
    }
    EXPECT_EQ(fixed, (std::set<std::string>{"/", "/manifest.webmanifest", "/service-worker.js"}));
    ASSERT_EQ(folders.size(), 1U);
    EXPECT_EQ(folders.begin()->size(), 17U);
    EXPECT_EQ(folders.begin()->find_first_not_of("0123456789abcdef", 1), std::string::npos);
}

TEST_F(TheSite, SendsNothingAgainThatTheBrowserHas) {
    const PageFile& page = *std::ranges::find(page_files(), "/", &PageFile::path);
    for (const std::string& tags : {std::string{page.etag}, "\"other\", " + std::string{page.etag},
                                    "W/" + std::string{page.etag}, std::string{"*"}}) {
        HttpRequest request = request_for("/");
        request.set(http::field::if_none_match, tags);
        const HttpAnswer got = answer(request);
        EXPECT_TRUE(got.head.starts_with("HTTP/1.1 304 Not Modified\r\n")) << tags;
        EXPECT_TRUE(has(got, "\r\nETag: " + std::string{page.etag} + "\r\n"));
        EXPECT_EQ(got.body, "");
    }
    HttpRequest request = request_for("/");
    request.set(http::field::if_none_match, "\"other\"");
    EXPECT_EQ(answer(request).body, page.bytes);
}

TEST_F(TheSite, RestrictsWhatABrowserDoesWithEachAnswer) {
    for (const std::string path : {"/", "/nowhere", "/healthz", "/ws"}) {
        const HttpAnswer got = answer(request_for(path));
        EXPECT_TRUE(
            has(got,
                "\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "
                "style-src 'self'; img-src 'self' data:; connect-src 'self' ws://localhost; "
                "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action "
                "'none'; frame-ancestors 'none'\r\n"))
            << got.head;
        for (const char* const line :
             {"X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
              "Referrer-Policy: no-referrer", "Cross-Origin-Opener-Policy: same-origin",
              "Cross-Origin-Resource-Policy: same-origin"}) {
            EXPECT_TRUE(has(got, std::string{"\r\n"} + line + "\r\n")) << line;
        }
        EXPECT_FALSE(has(got, "Strict-Transport-Security"));
    }
}

TEST_F(TheSite, TellsBrowsersToStayEncrypted) {
    const WebOrigins origins{true, {}};
    const auto got = WebSite{origins, nullptr}.answer(request_for("/"), true);
    ASSERT_TRUE(got);
    EXPECT_TRUE(has(*got, "\r\nStrict-Transport-Security: max-age=31536000\r\n"));
    EXPECT_TRUE(has(*got, "connect-src 'self' wss://localhost;"));
}

TEST_F(TheSite, NamesNoHostThatIsNotItsOwn) {
    HttpRequest request = request_for("/");
    request.set(http::field::host, "evil.example");
    const HttpAnswer got = answer(request);
    EXPECT_TRUE(got.head.starts_with("HTTP/1.1 421 "));
    EXPECT_FALSE(has(got, "evil"));
}

}  // namespace
}  // namespace belfry::gate
