#include "tests/support/failure.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/running_gate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

/// What the web port answers to requests, good and bad ones. The test plays belfryd.
namespace belfry::test {
namespace {

class WebRequests : public testing::Test {
  protected:
    [[nodiscard]] HttpClient connect() const { return HttpClient{gate_.port()}; }

    /// Returns the answer to these bytes; `$` stands for CRLF, and `HOST` for the host.
    [[nodiscard]] HttpResponse answer_to(const std::string& request, bool has_body = true) const {
        HttpClient client = connect();
        client.send(spelled_out(request, client.host()));
        return client.read(has_body);
    }

    [[nodiscard]] static std::string spelled_out(const std::string& request,
                                                 const std::string& host) {
        std::string bytes;
        for (std::size_t at = 0; at < request.size(); ++at) {
            if (request.compare(at, 4, "HOST") == 0) {
                bytes += host;
                at += 3;
            } else if (request[at] == '$') {
                bytes += "\r\n";
            } else {
                bytes += request[at];
            }
        }
        return bytes;
    }

    RunningGate gate_{GatePort::web, {"--web-origin", "http://example.com"}};
};

// The requests of h1spec, and some that RFC 9112 names.

TEST_F(WebRequests, ThatAreMalformedAreAnsweredWith400) {
    const std::vector<std::string> malformed{
        "GET / $$",
        "GET / HTTP/1.0$Host: HOST$$",
        "GET / HTTP/9.9$Host: HOST$$",
        "GET / HTTP/1.2$Host: HOST$$",
        "GET / http/1.1$Host: HOST$$",
        "GET /$$",
        "GET  / HTTP/1.1$Host: HOST$$",
        "GET / HTTP/1.1 $Host: HOST$$",
        "GET / HTTP/1.1\nHost: HOST\n\n",
        "GET/ HTTP/1.1$Host: HOST$$",
        " GET / HTTP/1.1$Host: HOST$$",
        "Extra lineGET / HTTP/1.1$Host: HOST$$",
        "G\x01T / HTTP/1.1$Host: HOST$$",
        "GET /\x7f HTTP/1.1$Host: HOST$$",
        "GET /\xc3\xa4 HTTP/1.1$Host: HOST$$",
        "GET /#top HTTP/1.1$Host: HOST$$",
        "GET index.html HTTP/1.1$Host: HOST$$",
        "GET http://elsewhere/ HTTP/1.1$Host: HOST$$",
        "GET / HTTP/1.1$$",
        "GET / HTTP/1.1$Host:$$",
        "GET / HTTP/1.1$Host: HOST$Host: HOST$$",
        "GET / HTTP/1.1$Host: HOST$host: other$$",
        "GET / HTTP/1.1$Host: one two$$",
        "GET / HTTP/1.1$Host: user@example.com$$",
        "GET / HTTP/1.1$Host: example.com:port$$",
        "GET / HTTP/1.1$Host: example.com:99999$$",
        "GET / HTTP/1.1$Host: example.com/$$",
        "GET / HTTP/1.1$Host: [::1$$",
        "GET / HTTP/1.1$Host : HOST$$",
        "GET / HTTP/1.1$ Host: HOST$$",
        "GET / HTTP/1.1$Host: HOST$X-Invalid[]: test$$",
        "GET / HTTP/1.1$Host: HOST$X Y: test$$",
        "GET / HTTP/1.1$Host: HOST$: test$$",
        "GET / HTTP/1.1$Host: HOST$nocolon$$",
        "GET / HTTP/1.1$Host: HOST$X-Bad: test\x07$$",
        "GET / HTTP/1.1$Host: HOST$X-Bad: te\rst$$",
        "GET / HTTP/1.1$Host: HOST$X-Bad: te\nst$$",
        std::string{"GET / HTTP/1.1$Host: HOST$X-Bad: te\0st$$", 39},
        "GET / HTTP/1.1$Host: HOST$X-Folded: one$ two$$",
        "GET / HTTP/1.1$Host: HOST$X-Folded: one$\ttwo$$",
        "GET / HTTP/1.1$Host: HOST$\rSome-Header: Test$$",
        "GET / HTTP/1.1$Content-Length: 5$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: -123456789123456789123456789$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: 123456789123456789123456789$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: -1234$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: +5$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: abc$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: 0x5$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: 5 5$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: 5, 5$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length:$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: 5$Content-Length: 5$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: 5$Content-Length: 6$$",
        "GET / HTTP/1.1$Host: HOST$Transfer-Encoding: chunked$Content-Length: 5$$",
        "GET / HTTP/1.1$Host: HOST$Content-Length: 5$Transfer-Encoding: chunked$$",
        "GET / HTTP/1.1$Host: HOST$Transfer-Encoding: identity$$",
        "GET / HTTP/1.1$Host: HOST$Transfer-Encoding: gzip, chunked$$",
        "GET / HTTP/1.1$Host: HOST$Transfer-Encoding: chunked, gzip$$",
        "GET / HTTP/1.1$Host: HOST$Transfer-Encoding: chunked$Transfer-Encoding: chunked$$",
        "GET / HTTP/1.1$Host: HOST$Origin: http://a$Origin: http://b$$",
        "\x16\x03\x01\x02",
        "LOGIN ann$$",
    };
    for (const std::string& request : malformed) {
        SCOPED_TRACE(request);
        HttpClient client = connect();
        client.send(spelled_out(request, client.host()));
        const HttpResponse answer = client.read();
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(answer.field("connection"), "close");
        EXPECT_EQ(client.read_to_the_end(), "");
    }
}

TEST_F(WebRequests, ThatAreUnusualButSoundAreAnswered) {
    const std::vector<std::string> sound{
        "GET /healthz HTTP/1.1$Host: HOST$$",
        "GET /healthz HTTP/1.1$hoSt:\tHOST$empty:$$",
        "GET /healthz HTTP/1.1$Host: HOST$X-Empty-Header: $$",
        "GET /healthz HTTP/1.1$Host: example.com$Expect: 100-continue$$",
        "GET /healthz HTTP/1.1$Host: HOST$Content-Length: 0$$",
        "GET /healthz?from=monitor HTTP/1.1$Host: HOST$$",
        "GET http://HOST/healthz HTTP/1.1$Host: HOST$$",
        "GET /healthz HTTP/1.1$Host: localhost$$",
        "GET /healthz HTTP/1.1$Host: LocalHost:1$$",
        "GET /healthz HTTP/1.1$Host: [::1]:80$$",
        "GET /healthz HTTP/1.1$Host: [2001:db8::7]$$",
        "GET /healthz HTTP/1.1$Host: 192.0.2.7$$",
        "GET /healthz HTTP/1.1$Host: example.com:8080$$",
        "GET /healthz HTTP/1.1$Host: HOST$Upgrade: h2c$Connection: Upgrade$$",
    };
    for (const std::string& request : sound) {
        SCOPED_TRACE(request);
        EXPECT_EQ(answer_to(request).status, 200);
    }
}

TEST_F(WebRequests, MayArriveInAnyPieces) {
    HttpClient client = connect();
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: " + client.host() + "\r\n\r\n";
    for (const char byte : request) {
        EXPECT_TRUE(client.is_waiting());
        client.send({&byte, 1});
    }
    EXPECT_EQ(client.read().status, 200);
}

TEST_F(WebRequests, MayFollowEachOtherWithoutWaiting) {
    HttpClient client = connect();
    std::string requests;
    for (const char* const path : {"/healthz", "/nowhere", "/healthz"}) {
        requests += std::string{"GET "} + path + " HTTP/1.1\r\nHost: " + client.host() + "\r\n\r\n";
    }
    client.send(requests);
    EXPECT_EQ(client.read().status, 200);
    EXPECT_EQ(client.read().status, 404);
    EXPECT_EQ(client.read().status, 200);
    EXPECT_EQ(client.get("/healthz", "Connection: close\r\n").field("connection"), "close");
    EXPECT_EQ(client.read_to_the_end(), "");
}

TEST_F(WebRequests, WithOtherMethodsAreAnsweredWith405) {
    for (const std::string method :
         {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"}) {
        SCOPED_TRACE(method);
        for (const char* const path : {"/", "/ws", "/healthz", "/nowhere"}) {
            const auto answer = answer_to(method + " " + path + " HTTP/1.1$Host: HOST$$");
            EXPECT_EQ(answer.status, 405) << path;
            EXPECT_EQ(answer.field("allow"), "GET, HEAD");
        }
    }
    EXPECT_EQ(answer_to("OPTIONS * HTTP/1.1$Host: HOST$$").status, 405);
    EXPECT_EQ(answer_to("POST / HTTP/1.1$Host: HOST$Content-Length: 5$$hello").status, 405);
}

TEST_F(WebRequests, WithABodyAreRefused) {
    for (const std::string fields : {"Content-Length: 5$", "Transfer-Encoding: chunked$"}) {
        HttpClient client = connect();
        client.send(spelled_out("GET /healthz HTTP/1.1$Host: HOST$" + fields + "$", client.host()));
        EXPECT_EQ(client.read().status, 413);
        EXPECT_EQ(client.read_to_the_end(), "");
    }
}

TEST_F(WebRequests, WithALongHeadAreRefused) {
    const std::string start = "GET /healthz HTTP/1.1$Host: HOST$X: ";
    HttpClient client = connect();
    const std::size_t used = spelled_out(start + "$$", client.host()).size();
    EXPECT_EQ(answer_to(start + std::string(8192 - used, 'x') + "$$").status, 200);
    client.send(spelled_out(start + std::string(8193 - used, 'x') + "$$", client.host()));
    EXPECT_EQ(client.read().status, 431);
    EXPECT_EQ(client.read_to_the_end(), "");
    EXPECT_EQ(answer_to("GET /" + std::string(10'000, 'x')).status, 431);
}

TEST_F(WebRequests, ForOtherHostsAreAnsweredWith421) {
    for (const std::string host : {"evil.example", "example.com.evil.example", "127.0.0.1.example",
                                   "elsewhere.localhost", "localhost.", "0x7f000001"}) {
        SCOPED_TRACE(host);
        EXPECT_EQ(answer_to("GET / HTTP/1.1$Host: " + host + "$$").status, 421);
        EXPECT_EQ(answer_to("GET /healthz HTTP/1.1$Host: " + host + ":80$$").status, 421);
    }
}

TEST_F(WebRequests, ForOtherPathsAreAnsweredWith404) {
    for (const std::string path : {"/nowhere", "//", "/../etc/passwd", "/index.html", "/ws/",
                                   "/%2e%2e/", "/healthz/", "/WS"}) {
        EXPECT_EQ(answer_to("GET " + path + " HTTP/1.1$Host: HOST$$").status, 404) << path;
    }
}

TEST_F(WebRequests, OfMonitorsAreAnsweredByWhetherClientsCanLogIn) {
    EXPECT_EQ(connect().get("/healthz").status, 200);
    EXPECT_EQ(answer_to("HEAD /healthz HTTP/1.1$Host: HOST$$", false).status, 200);
    HttpClient earlier = connect();
    EXPECT_EQ(earlier.get("/healthz").status, 200);
    gate_.close_session_socket();
    EXPECT_EQ(earlier.get("/healthz").status, 503) << "the connection of its relay was closed";
    EXPECT_EQ(connect().get("/healthz").status, 503);
    EXPECT_EQ(connect().get("/ws", upgrade_fields()).status, 503);
    EXPECT_EQ(connect().get("/nowhere").status, 404) << "the page is served all the same";
}

TEST_F(WebRequests, ForAWebSocketMustBeComplete) {
    const auto status = [this](const std::string& fields) {
        return answer_to("GET /ws HTTP/1.1$Host: HOST$" + fields + "$").status;
    };
    const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==$";
    const std::string version = "Sec-WebSocket-Version: 13$";
    const std::string upgrade = "Upgrade: websocket$";
    EXPECT_EQ(status(""), 426);
    EXPECT_EQ(status(upgrade + key + version), 426) << "without Connection";
    EXPECT_EQ(status("Connection: Upgrade$" + key + version), 426);
    EXPECT_EQ(status("Connection: Upgrade$" + upgrade + key), 426);
    EXPECT_EQ(status("Connection: Upgrade$Sec-WebSocket-Version: 8$" + upgrade + key), 426);
    EXPECT_EQ(status("Connection: Upgrade$" + upgrade + version), 400) << "without a key";
    EXPECT_EQ(status("Connection: Upgrade$Sec-WebSocket-Key: c2hvcnQ=$" + upgrade + version), 400);
    EXPECT_EQ(status("Connection: Upgrade$" + key + upgrade + version + key), 400);
    EXPECT_EQ(status("Connection: keep-alive, Upgrade$" + key + upgrade + version), 101);
    EXPECT_EQ(status("connection: UPGRADE$upgrade: WebSocket$" + key + version), 101);
    EXPECT_EQ(answer_to("HEAD /ws HTTP/1.1$Host: HOST$$", false).status, 405);
}

TEST_F(WebRequests, ForAWebSocketComeFromThePageItselfOrFromAListedOne) {
    const auto status = [this](const std::string& origin, const std::string& host = "HOST") {
        return answer_to("GET /ws HTTP/1.1$Host: " + host + "$Origin: " + origin +
                         "$Connection: Upgrade$Upgrade: websocket$Sec-WebSocket-Version: 13$"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==$$")
            .status;
    };
    const std::string own = "http://" + connect().host();
    EXPECT_EQ(status(own), 101);
    EXPECT_EQ(status("http://localhost", "localhost"), 101);
    EXPECT_EQ(status("http://localhost", "localhost:80"), 101);
    EXPECT_EQ(status("http://[::1]:8080", "[::1]:8080"), 101);
    EXPECT_EQ(status("http://example.com"), 101);
    EXPECT_EQ(status("http://EXAMPLE.com:80"), 101);
    for (const std::string foreign :
         {"http://evil.example", "null", "", "http://example.com:8080", "https://example.com",
          "http://localhost", "http://127.0.0.1", "file://", "http://example.com.evil.example",
          "https://127.0.0.1", "chrome-extension://abc",
          "http://example.com http://evil.example"}) {
        EXPECT_EQ(status(foreign), 403) << foreign;
    }
    const auto refused = answer_to("GET /ws HTTP/1.1$Host: HOST$Origin: http://evil.example$$");
    EXPECT_EQ(refused.status, 403) << "before it is looked at whether the request is complete";
}

TEST_F(WebRequests, ThatAreSlowAreClosedAfterTenSeconds) {
    HttpClient silent = connect();
    silent.send("GET /healthz");
    HttpClient busy = connect();
    const Deadline deadline{Milliseconds{20'000}};
    try {
        while (!deadline.passed() && busy.get("/healthz").status == 200) {
            std::this_thread::sleep_for(Milliseconds{50});
        }
    } catch (const Disconnected&) {
    }
    EXPECT_FALSE(deadline.passed()) << "requests keep a connection open";
    EXPECT_EQ(silent.read_to_the_end(Milliseconds{20'000}), "");
}

}  // namespace
}  // namespace belfry::test
