#include "gate/client_stream.hpp"
#include "gate/http_connection.hpp"
#include "gate/relay_end.hpp"
#include "gate/web_site.hpp"
#include "gate/web_socket.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

/// websocket_echo: an echo behind the WebSocket of a relay, so that conformance suites can be held
/// against it. It listens on a free port of 127.0.0.1, prints the port, and sends each message back
/// with its type, at any path. As in the gate, each connection has a process of its own.
namespace {

using namespace belfry::gate;
using boost::asio::ip::tcp;
using boost::beast::http::status;

constexpr std::chrono::seconds closing_time{1};

class Echo {
  public:
    explicit Echo(boost::asio::io_context& loop, tcp::socket socket)
        : client_{std::move(socket), nullptr}, end_{loop, client_.socket()} {}

    void start() {
        client_.socket().non_blocking(true);
        client_.socket().set_option(tcp::no_delay{true});
        http_.go_on();
    }

  private:
    void read() { socket_.read(piece_); }

    void add(const WebSocket::Piece& piece) {
        message_.append(piece_.data(), piece.count);
        if (!piece.is_last) return read();
        socket_.write(message_, piece.is_text);
    }

    void finish() {
        end_.begin(closing_time);
        end_.drain();
    }

    ClientStream client_;
    RelayEnd end_;
    std::array<char, 65536> piece_;
    std::string message_;
    HttpConnection http_{
        client_,
        {.answer =
             [](const HttpRequest& request) { return refuse_upgrade(request, HttpAnswers{{}}); },
         .refuse = [](status status) { return HttpAnswers{{.closes = true}}.status(status); },
         .upgrade = [this](const HttpRequest& request) { socket_.accept(request); },
         .ended = [this] { finish(); }}};
    WebSocket socket_{client_,
                      {.accepted = [this] { read(); },
                       .read = [this](const WebSocket::Piece& piece) { add(piece); },
                       .written =
                           [this] {
                               message_.clear();
                               read();
                           },
                       .ended = [this] { finish(); }}};
};

[[noreturn]] void serve(int socket) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    boost::asio::io_context loop{1};
    Echo echo{loop, {loop, tcp::v4(), socket}};
    echo.start();
    loop.run();
    std::_Exit(EXIT_SUCCESS);
}

void accept_all() {
    boost::asio::io_context loop{1};
    tcp::acceptor listener{loop, {boost::asio::ip::address_v4::loopback(), 0}};
    std::cout << listener.local_endpoint().port() << std::endl;
    for (;;) {
        tcp::socket socket = listener.accept();
        if (::fork() == 0) serve(socket.release());
    }
}

}  // namespace

int main() {
    ::signal(SIGCHLD, SIG_IGN);  // so that the kernel reaps the processes of connections
    try {
        accept_all();
    } catch (const std::exception& error) {
        std::cerr << "websocket_echo: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
