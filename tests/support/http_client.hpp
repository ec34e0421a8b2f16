#pragma once

#include "tests/support/deadline.hpp"
#include "tests/support/tcp_connection.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::test {

struct TlsOptions;

/// An answer of an HTTP server.
struct HttpResponse {
    int status;
    std::map<std::string, std::string> fields;  ///< names in lower case
    std::string body;

    /// Returns the value of a field; empty if it is missing.
    [[nodiscard]] std::string field(const std::string& name) const;
};

/// A client that sends any bytes and reads answers of HTTP/1.1. Functions throw Failure if
/// something does not arrive in time.
class HttpClient {
  public:
    /// Connects without TLS.
    explicit HttpClient(std::uint16_t port, int receive_buffer = 0);

    /// Connects by TLS.
    HttpClient(std::uint16_t port, const TlsOptions& tls);

    void send(std::string_view bytes);

    /// Reads an answer. @param has_body false if it is one to HEAD
    [[nodiscard]] HttpResponse read(bool has_body = true);

    /// Sends a request for the path with the fields, each with CRLF, and reads the answer.
    [[nodiscard]] HttpResponse get(const std::string& path, const std::string& fields = "");

    /// Reads so many bytes.
    [[nodiscard]] std::string read_bytes(std::size_t count);

    /// Reads until the server closes the connection, and returns what came before that.
    [[nodiscard]] std::string read_to_the_end(Milliseconds within = default_wait);

    /// Tells whether the server has sent nothing, and has not closed the connection.
    [[nodiscard]] bool is_waiting();

    [[nodiscard]] TcpConnection& connection() { return *connection_; }
    [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  private:
    [[nodiscard]] bool receive(const Deadline& deadline);
    [[nodiscard]] std::string read_until(std::string_view end);

    std::uint16_t port_;
    std::unique_ptr<TcpConnection> connection_;
    std::string unread_;
};

/// The fields of a request for a WebSocket, each with CRLF.
[[nodiscard]] std::string upgrade_fields();

/// Returns a frame of a WebSocket, as clients mask it.
/// @param opcode with the bit that ends a message
[[nodiscard]] std::string masked_frame(int opcode, std::string_view payload);

}  // namespace belfry::test
