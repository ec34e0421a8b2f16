#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::client {

/// The lines that the server has not accepted yet, in order. A line gets its seq when it is sent
/// for the first time, and keeps it, however often it is sent again.
class Unsent {
  public:
    /// Is called for every line that is refused for good: its number in the input, its text, and
    /// the reason.
    using OnRefused =
        std::function<void(std::uint64_t line, std::string_view text, std::string_view why)>;

    explicit Unsent(OnRefused on_refused) : on_refused_{std::move(on_refused)} {}

    /// Whether another line should be added: the lines that wait may take a few MiB together.
    [[nodiscard]] bool has_room() const noexcept { return bytes_ < enough_bytes; }

    /// Whether every line has its answer.
    [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }

    /// How many lines have no answer.
    [[nodiscard]] std::size_t size() const noexcept { return unanswered_; }

    /// The first lines without an answer. Valid until an unsent line is added or settled.
    [[nodiscard]] std::vector<std::string_view> unanswered(std::size_t at_most) const;

    void add(std::uint64_t line, std::string_view text);

    /// Begins after an accepted login: every line is to be sent on this connection.
    /// @param last_seq the highest seq that the server knows of this client
    void begin_session(std::uint64_t last_seq, std::uint64_t max_payload);

    /// Appends SENDs to `out` until it has `enough` bytes.
    void fill(std::string& out, std::size_t enough);

    /// Settles a line after SENT or DUP. @return the line; none if no line has this seq
    std::optional<std::string> accept(std::uint64_t seq);

    /// Drops a line after an ERR other than store-failed and bad-seq.
    void refuse(std::uint64_t seq, std::string_view why);

    /// Does the same after ERR bad-seq. Lines that have no seq yet are numbered as if this one had
    /// not been used.
    void refuse_seq(std::uint64_t seq, std::string_view why);

    /// Postpones a line after ERR store-failed. Nothing more is sent until try_again().
    void postpone(std::uint64_t seq);

    /// Whether lines are postponed and every line under way has its answer, so that try_again() is
    /// due after a while.
    [[nodiscard]] bool can_try_again() const;

    /// Sends the postponed lines again, in order and with the same seqs.
    void try_again();

    /// Sends every line without an answer again on this connection.
    void send_all_again();

  private:
    enum class State : unsigned char { waiting, postponed, answered };

    struct Entry {
        std::uint64_t seq;  // 0: not sent yet
        std::uint64_t line;
        std::string text;
        State state;
    };

    static constexpr std::size_t enough_bytes = std::size_t{4} << 20;

    [[nodiscard]] Entry* find(std::uint64_t seq);
    [[nodiscard]] std::uint64_t next_seq() const;
    [[nodiscard]] bool can_be_sent(Entry& entry);
    std::string answer(Entry& entry);  // its text
    void forget_answered();

    OnRefused on_refused_;
    std::deque<Entry> entries_;  // seqs ascend; those without one stand at the end
    std::size_t sent_ = 0;       // how many at the front have been sent on this connection
    std::size_t bytes_ = 0;
    std::size_t unanswered_ = 0;
    bool postponing_ = false;
    // The highest seq that the server is known to have accepted or refused.
    std::uint64_t used_seq_ = 0;
    std::uint64_t max_payload_ = 0;
};

}  // namespace belfry::client
