#pragma once

#include "belfry/client.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::client {

/// The lines that have no answer from the server yet, in order. A line gets its seq when it is
/// first sent, and keeps it whenever it is sent again.
class Unsent {
  public:
    /// The function that is called for every line refused for good.
    using OnRefused = std::function<void(std::uint64_t line, const Error& why)>;
    /// The function that is called when a line gets its seq.
    using OnNumbered = std::function<void(std::uint64_t line, std::uint64_t seq)>;

    explicit Unsent(OnRefused on_refused, OnNumbered on_numbered = {})
        : on_refused_{std::move(on_refused)}, on_numbered_{std::move(on_numbered)} {}

    /// Tells whether another line should be added. All lines together may take a few MiB.
    [[nodiscard]] bool has_room() const noexcept { return bytes_ < enough_bytes; }

    /// Tells whether every line has its answer.
    [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }

    /// Returns how many lines have no answer.
    [[nodiscard]] std::size_t size() const noexcept { return unanswered_; }

    /// Adds a line at the end.
    /// @param seq that the line got in an earlier run; it must be above that of every line before.
    /// 0: none
    void add(std::uint64_t line, std::string_view text, std::uint64_t seq = 0);

    /// Begins a session after an accepted login. Every line is then sent on this connection.
    /// @param last_seq the highest seq that the server knows of this client
    void begin_session(std::uint64_t last_seq, std::uint64_t max_payload);

    /// Appends SENDs to `out` until it has `enough` bytes. Lines that the server would never accept
    /// are dropped, and use no seq.
    void fill(std::string& out, std::size_t enough);

    /// Settles a line after SENT or DUP. @return its number; nothing if no line has this seq
    std::optional<std::uint64_t> accept(std::uint64_t seq);

    /// Drops a line after an ERR other than store-failed and bad-seq. A seq of no line is ignored.
    void refuse(std::uint64_t seq, const Error& why);

    /// Drops a line after ERR bad-seq. Lines without a seq are then numbered as if this one had not
    /// been used.
    void refuse_seq(std::uint64_t seq, const Error& why);

    /// Postpones a line after ERR store-failed. Nothing more is sent until try_again().
    void postpone(std::uint64_t seq);

    /// Tells whether lines are postponed and no other line can still be refused. Then call
    /// try_again() after a while.
    [[nodiscard]] bool can_try_again() const;

    /// Sends the postponed lines again, in order and with the same seqs.
    void try_again();

    /// Sends every line without an answer again on this connection.
    void send_all_again();

  private:
    enum class State : unsigned char { waiting, postponed, answered };

    struct Entry {
        std::uint64_t seq;  // 0: never sent
        std::uint64_t line;
        std::string text;
        State state;
    };

    static constexpr std::size_t enough_bytes = std::size_t{4} << 20;

    [[nodiscard]] Entry* find(std::uint64_t seq);
    [[nodiscard]] std::uint64_t next_seq() const;
    [[nodiscard]] std::optional<Error> obstacle(std::string_view text, std::uint64_t seq) const;
    void drop_last_sent(const Error& why);
    void answer(Entry& entry);
    void forget_answered();

    OnRefused on_refused_;
    OnNumbered on_numbered_;
    std::deque<Entry> entries_;  // seqs ascend; lines without one are at the end
    std::size_t sent_ = 0;       // how many at the front were sent on this connection
    std::size_t bytes_ = 0;
    std::size_t unanswered_ = 0;
    bool postponing_ = false;
    // The highest seq that the server is known to have accepted or refused.
    std::uint64_t used_seq_ = 0;
    std::uint64_t max_payload_ = 0;
};

}  // namespace belfry::client
