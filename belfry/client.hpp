/// libbelfry: send and receive messages through a Belfry server, from any C++20 program.
///
///     auto client = belfry::Client::open({.id = "ann", .servers = {"tcp://127.0.0.1:5000"}});
///     if (!client) return fail(client.error().text);
///     client->send("hello");
///     while (auto message = client->receive()) {
///         std::cout << message->sender << ": " << message->payload << '\n';
///     }
///
/// docs/cpp.md explains what exactly-once delivery needs of a program, and what to do about each
/// error. `belfry.h` offers the same to C.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#ifndef BELFRY_API
#define BELFRY_API __attribute__((visibility("default")))
#endif

namespace belfry {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;

/// The largest payload that any server may accept, in bytes. Welcome::max_payload tells the limit
/// of the server in use.
inline constexpr std::size_t max_payload = 16UL << 20;

/// The longest secret, in bytes.
inline constexpr std::size_t max_secret = 256;

/// Returns the version of the library, such as `0.1.0`.
[[nodiscard]] BELFRY_API std::string_view version() noexcept;

/// Tells whether the text is a client-id: 1 to 32 of `A-Z a-z 0-9 _ . -`.
[[nodiscard]] BELFRY_API bool is_client_id(std::string_view text) noexcept;

// --- results ---

/// Why something failed. `code` is one of the codes of `ERR` lines in PROTOCOL.md, or one of these:
/// - `bad-option`: Options cannot be used
/// - `closed`: the client was closed
/// - `taken-over`: a later login of the same client-id took over
/// - `needs-secret`: the server refused a login without a secret
/// - `unreachable`: no server could be reached, or the connection was lost
/// - `untrusted`: the server's certificate does not fit
/// - `no-tls`, `wants-tls`: the server does not speak TLS, or seems to expect it
/// - `broken-server`: the server does not speak the protocol
/// - `timed-out`: the time was up
/// - `in-callback`: a callback must not make a call that waits
struct Error {
    std::string code;
    std::string text;  ///< one line for people
};

/// A value, or why there is none.
template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : outcome_{std::in_place_index<0>, std::move(value)} {}
    Result(Error error) : outcome_{std::in_place_index<1>, std::move(error)} {}

    [[nodiscard]] bool has_value() const noexcept { return outcome_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// Return the value. Require has_value().
    [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&outcome_); }
    [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&outcome_); }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<0>(&outcome_)); }
    [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&outcome_); }
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&outcome_); }

    /// Returns the error. Requires !has_value().
    [[nodiscard]] const Error& error() const noexcept { return *std::get_if<1>(&outcome_); }

  private:
    std::variant<T, Error> outcome_;
};

/// Success without a value.
struct Done {};

// --- what the server tells ---

/// The answer of the server to a login.
struct Welcome {
    std::string id;
    /// Names the log. Remembered ids are meaningless in another epoch.
    std::string epoch;
    std::uint64_t cursor = 0;  ///< the id of the last message that this client had acknowledged
    std::uint64_t last = 0;    ///< the id of the newest message at the login
    std::uint64_t seq = 0;     ///< the highest seq of this client that was accepted
    std::uint64_t max_payload = 0;
    std::string server;  ///< `belfry/<version>`
};

/// A message of another client, or any message of the history.
struct Message {
    std::uint64_t id = 0;
    std::string sender;
    std::uint64_t time = 0;  ///< when the server appended it, as Unix time in milliseconds
    std::string payload;     ///< any bytes
};

/// An own message has its place in the log. The seq may belong to an earlier run of the program.
struct Sent {
    std::uint64_t id = 0;
    std::uint64_t seq = 0;
};

/// Messages that this client had not seen and that no longer exist.
struct Gap {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

/// The backlog has ended.
struct Live {
    std::uint64_t id = 0;
};

/// Another client came online or went offline.
struct Presence {
    std::string id;
    bool online = false;
};

struct User {
    std::string id;
    bool online = false;
    std::uint64_t cursor = 0;
};

/// The server has accepted a message.
struct Receipt {
    std::uint64_t seq = 0;
    std::uint64_t id = 0;  ///< 0: the server said that the message had been accepted before (`DUP`)
};

struct History {
    std::vector<Message> messages;
    std::uint64_t first = 0;  ///< the ids of the first and the last message, or 0
    std::uint64_t last = 0;
};

/// How a client stands to its server.
enum class State : unsigned char {
    connecting,  ///< no login yet, or none since the last loss
    online,      ///< logged in
    waiting,     ///< offline, and tries again later
    closing,     ///< the program has called leave(), and the server has not answered yet
    stopped,     ///< does not try again
};

/// A change of the state. `waiting` is told after each attempt that failed.
struct StateChange {
    State state = State::connecting;
    Error error = {};                 ///< why, if the client is waiting or stopped
    Welcome welcome = {};             ///< if the client is online
    Clock::time_point retry_at = {};  ///< when the next attempt begins, if the client is waiting
};

// --- what the program says ---

/// The proof of a client at its login. Its memory is overwritten at its end.
class BELFRY_API Secret {
  public:
    /// Makes an empty one: the client has no secret.
    Secret() noexcept = default;
    /// @param text is_possible() must hold, or Client::open() fails
    explicit Secret(std::string_view text);
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    /// Tells whether the text can be a secret: 1 to max_secret bytes without NUL.
    [[nodiscard]] static bool is_possible(std::string_view text) noexcept;

    /// Tells whether there is no secret.
    [[nodiscard]] bool is_empty() const noexcept { return encoded_.empty(); }

    /// Tells whether it was made of a text that cannot be a secret.
    [[nodiscard]] bool is_wrong() const noexcept { return is_wrong_; }

    /// Returns the secret in the form that LOGIN has.
    [[nodiscard]] std::string_view encoded() const noexcept { return encoded_; }

  private:
    std::string encoded_;  // on the heap, so that moving it leaves no copy
    bool is_wrong_ = false;
};

/// How TLS verifies the server, and how the client proves who it is. Files are in PEM.
struct Tls {
    std::string ca = {};           ///< the authorities to trust; empty: those of the system
    std::string name = {};         ///< the name in the server's certificate; empty: the host's
    std::string certificate = {};  ///< the client's own certificate, and its chain; empty: none
    std::string key = {};          ///< the key of `certificate`, without a passphrase

    bool operator==(const Tls&) const = default;
};

/// When a message counts as taken. Until then the server delivers it again at the next login.
enum class Ack : unsigned char {
    taken,   ///< when its callback has returned, or when receive() is called again
    manual,  ///< when the program calls ack()
};

struct Options {
    std::string id;  ///< the client-id
    /// Where the server is: `tcp://HOST:PORT` or `tls://HOST:PORT`. Several are tried one after the
    /// other. All of them must have the same scheme.
    std::vector<std::string> servers;
    Secret secret = {};  ///< never sent without TLS to another machine
    Tls tls = {};
    Ack ack = Ack::taken;
    bool presence = false;  ///< whether on_presence() is wanted
    /// Whether the client stops if no server can be reached before the first login. Otherwise it
    /// tries again, as it does after a loss.
    bool fail_fast = false;
    /// How many messages to take at most; empty: all. Later ones are left to the next login.
    std::optional<std::uint64_t> max_messages = {};
};

struct SendOptions {
    /// The seq of a message that an earlier run of the program has sent without an answer. Such
    /// messages must be sent first, and in the order of their seqs. 0: a new seq is chosen when the
    /// message leaves for the first time.
    std::uint64_t seq = 0;
    /// Told the seq before the message leaves, so that the program can remember it.
    std::function<void(std::uint64_t seq)> on_seq = {};
};

/// A client that stays logged in: it reconnects, sends again what was not confirmed, and delivers
/// each message once. It stops by itself if the login is refused or another login takes over.
///
/// It runs in one of three ways:
/// - The calls that wait (receive(), settle(), close(), and others with a timeout) run it.
/// - start() gives it a thread of its own. Then every function may be called from any thread.
/// - The program's event loop calls step() when descriptor() is ready or deadline() has passed.
///
/// Without start(), all calls must come from one thread at a time. Callbacks run inside step(), or
/// inside a call that waits, or in the client's own thread. They may call the client, except for
/// what waits, and must neither throw nor destroy it. If memory is exhausted, the program ends.
/// A forked child may only destroy its copy of a client. The parent's connection continues.
class BELFRY_API Client {
  public:
    using Completion = std::function<void(const Result<Receipt>&)>;

    /// Makes a client, which starts to connect when it runs.
    /// @return an error with the code `bad-option` if the options cannot be used
    static Result<Client> open(Options options);

    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Ends the connection at once. Completions that have not run are dropped.
    ~Client();

    // --- callbacks; set them before the client runs ---

    /// Sets the function that is called for each message. Without it, receive() returns them.
    void on_message(std::function<void(const Message&)> callback);
    /// Set the functions that are called for what else the log has, in its order.
    void on_sent(std::function<void(const Sent&)> callback);
    void on_gap(std::function<void(const Gap&)> callback);
    void on_live(std::function<void(const Live&)> callback);
    void on_presence(std::function<void(const Presence&)> callback);
    void on_state(std::function<void(const StateChange&)> callback);
    /// Sets the function that is called with lines that a user should see, such as a loss.
    void on_notice(std::function<void(std::string_view)> callback);

    // --- messages ---

    /// Sends a message, and again after each loss until it is confirmed.
    /// @param completion called once: after `SENT` or `DUP`, if the server will never accept the
    /// message, or at the end of close()
    void send(std::string_view payload, Completion completion = {}, SendOptions options = {});

    /// Waits until every message has its answer.
    Result<Done> settle(std::optional<Duration> timeout = {});

    /// Waits for the next message. It fails when the client has stopped.
    /// @param timeout empty: no limit
    Result<Message> receive(std::optional<Duration> timeout = {});

    /// With Ack::manual: everything up to this id has been taken. Remembered over reconnections.
    void ack(std::uint64_t id);
    /// The same for everything that the program has been given.
    void ack_all();

    // --- questions; they are asked again after a loss ---

    /// Reads messages again, own ones too. One answer has at most 100,000.
    void history(std::uint64_t first, std::uint64_t count,
                 std::function<void(const Result<History>&)> completion);
    void who(std::function<void(const Result<std::vector<User>>&)> completion);

    /// The same, but they wait for the answer.
    Result<History> history(std::uint64_t first, std::uint64_t count,
                            std::optional<Duration> timeout = {});
    Result<std::vector<User>> who(std::optional<Duration> timeout = {});

    // --- its state ---

    [[nodiscard]] State state() const;
    /// Returns why the client is waiting or has stopped.
    [[nodiscard]] Error error() const;
    /// Returns what the last login was told; nothing before the first one.
    [[nodiscard]] std::optional<Welcome> welcome() const;
    /// Tells whether the backlog has ended on this connection.
    [[nodiscard]] bool is_live() const;
    /// Returns how many messages have been given to send() and are not settled.
    [[nodiscard]] std::size_t unsent() const;
    /// Tells whether another message should be sent. All unsettled ones together may take a few
    /// MiB.
    [[nodiscard]] bool has_room() const;
    /// Returns which of Options::servers is in use, or was used last.
    [[nodiscard]] std::size_t server() const;

    // --- connecting and leaving ---

    /// Ends a pause and connects at once, also after the client has stopped.
    void connect();
    /// Sets the secret of later logins.
    void set_secret(Secret secret);

    /// Acknowledges what was taken, and starts to end the connection. The client stops when the
    /// server has answered, or after the timeout. Messages that are still unsent() may or may not
    /// be accepted.
    void leave(Duration timeout = std::chrono::seconds{5});
    /// The same, and waits until the client has stopped. Completions that have not run then fail.
    void close(Duration timeout = std::chrono::seconds{5});

    // --- running it in a thread of its own ---

    /// Starts the thread, which blocks all signals. close() and the destructor end it.
    void start();

    // --- running it in an event loop ---

    /// Returns the descriptor to poll; -1 if there is none. Both may change in each step.
    [[nodiscard]] int descriptor() const;
    /// Returns what to poll for: POLLIN, POLLOUT, or both.
    [[nodiscard]] short events() const;
    /// Returns when step() must run even if the descriptor is not ready.
    [[nodiscard]] std::optional<Clock::time_point> deadline() const;

    /// Does what is due: connects, reads, calls callbacks, writes. Only the resolution of a host
    /// name can block; an address needs none.
    /// @param is_ready whether poll() reported an event
    void step(bool is_ready = true);

    /// Sets whether messages are read. While they are not, they stay in the server.
    void pause(bool is_paused);

  private:
    class Inside;
    explicit Client(std::unique_ptr<Inside> inside) noexcept;

    std::unique_ptr<Inside> inside_;
};

}  // namespace belfry
