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
    /// Told of every line that is not accepted and never will be: its number in the input, what
    /// it is, and why.
    using OnRefused =
        std::function<void(std::uint64_t line, std::string_view text, std::string_view why)>;

    explicit Unsent(OnRefused on_refused) : on_refused_{std::move(on_refused)} {}

    /// Whether another line should be added: what waits is bounded, to a few MiB.
    [[nodiscard]] bool has_room() const noexcept { return bytes_ < enough_bytes; }

    /// Whether every line has its answer.
    [[nodiscard]] bool is_empty() const noexcept { return entries_.empty(); }

    /// How many lines have no answer.
    [[nodiscard]] std::size_t size() const noexcept { return unanswered_; }

    /// The first of them. Valid until the unsent lines is changed.
    [[nodiscard]] std::vector<std::string_view> unanswered(std::size_t at_most) const;

    void add(std::uint64_t line, std::string_view text);

    /// A login has been accepted: everything is to be sent on this connection.
    /// @param last_seq the highest seq that the server knows of this client
    void begin_session(std::uint64_t last_seq, std::uint64_t max_payload);

    /// Appends SENDs to what goes out, until that has `enough` bytes.
    void fill(std::string& out, std::size_t enough);

    /// SENT or DUP. Returns the line; none where it is not known.
    std::optional<std::string> accept(std::uint64_t seq);

    /// ERR other than store-failed and bad-seq: the line is never sent again.
    void refuse(std::uint64_t seq, std::string_view why);

    /// ERR bad-seq: the same, and lines that have no seq yet are numbered as if it had not been
    /// used.
    void refuse_seq(std::uint64_t seq, std::string_view why);

    /// ERR store-failed: nothing more is sent until try_again().
    void postpone(std::uint64_t seq);

    /// Whether lines are postponed and all that is under way has been answered, so that
    /// try_again() is due after a while.
    [[nodiscard]] bool can_try_again() const;

    /// What was postponed will be sent again, in order and with the same seqs.
    void try_again();

    /// Everything that has no answer is to be sent again on this connection.
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
    std::size_t sent_ = 0;       // so many at the front have been sent on this connection
    std::size_t bytes_ = 0;
    std::size_t unanswered_ = 0;
    bool postponing_ = false;
    std::uint64_t used_seq_ =
        0;  // the highest one that the server has accepted or refused, as far as is known
    std::uint64_t max_payload_ = 0;
};

}  // namespace belfry::client
