#pragma once

#include "base/unique_fd.hpp"
#include "belfry/client.hpp"
#include "client/connection.hpp"
#include "client/delivery.hpp"
#include "client/observer.hpp"
#include "client/questions.hpp"
#include "client/sendings.hpp"

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace belfry {

/// What a Client is made of. The functions of Client lock `mutex` and call one of these, except for
/// those that wait, which lock it themselves.
/// A callback runs while the mutex is locked. It only records what it wants, and the end of the
/// step does it, so that the connection never changes under the frame that is being handled.
class Client::Inside : private client::Observer {
  public:
    /// @throws client::TlsFileError
    Inside(Options options, client::Destination destination);
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() override;

    /// Destroys it. In a forked child it is left alone if its thread may have been changing it at
    /// the moment of the fork.
    struct End {
        void operator()(Inside* inside) const noexcept;
    };

    std::recursive_mutex mutex;
    client::Delivery::Callbacks& callbacks() noexcept { return delivery_.callbacks; }
    std::function<void(const Presence&)> on_presence;
    std::function<void(const StateChange&)> on_state;
    std::function<void(std::string_view)> on_notice;

    void send(std::string_view payload, Completion&& completion, SendOptions&& options);
    Result<Done> settle(base::Deadline until);
    Result<Message> receive(base::Deadline until);
    void ack(std::uint64_t id);
    [[nodiscard]] std::uint64_t given() const;

    void history(std::uint64_t first, std::uint64_t count, client::Questions::OnHistory completion);
    void who(client::Questions::OnUsers completion);
    /// Asks, and waits for the answer.
    /// @param ask is called with the completion
    template <typename Answer>
    Result<Answer> answer(
        const std::function<void(std::function<void(const Result<Answer>&)>)>& ask,
        base::Deadline until);

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    [[nodiscard]] const std::optional<Welcome>& welcomed() const noexcept { return welcome_; }
    [[nodiscard]] const client::Connection& connection() const noexcept { return connection_; }

    void connect();
    void use(Secret secret);
    void leave(Duration timeout);
    void close(Duration timeout);
    void start();

    [[nodiscard]] pollfd wanted() const noexcept;
    [[nodiscard]] base::Deadline deadline() const noexcept;
    void step(bool is_ready) noexcept;
    void pause(bool is_paused);

  private:
    void notice(std::string_view text) override;
    [[nodiscard]] bool wants_presence() const override { return wants_presence_; }
    void welcome(const wire::Welcome& frame) override;
    void lost(base::TimePoint next_attempt, std::string_view why) override;
    void message(const wire::Message& frame) override { delivery_.message(frame); }
    void sent(const wire::Sent& frame) override { delivery_.sent({frame.id, frame.seq}); }
    void gap(const wire::Gap& frame) override { delivery_.gap({frame.first_id, frame.last_id}); }
    void live(const wire::Live& frame) override { delivery_.live({frame.id}); }
    void numbered(std::uint64_t line, std::uint64_t seq) override { sendings_.numbered(line, seq); }
    void accepted(std::uint64_t line, const Receipt& receipt) override {
        sendings_.settle(line, receipt);
    }
    void refused(std::uint64_t line, const Error& why) override { sendings_.settle(line, why); }
    void presence(const wire::Presence& frame) override;
    void user(const wire::User& frame) override { questions_.user(frame); }
    void past(const wire::Message& frame) override { questions_.past(frame); }
    void end(const wire::End& frame) override { questions_.end(frame); }
    void question_refused(const Error& why) override { questions_.fail(why); }

    void enter(const StateChange& change);
    void do_what_is_due();
    void note_end();
    [[nodiscard]] bool needs_answer() const noexcept;
    [[nodiscard]] Error end_error() const;

    /// Notes that step() has something to do.
    void want_step();
    /// Runs the client, or waits for its thread, until the condition holds.
    /// @return false: the time is up
    template <typename Condition>
    [[nodiscard]] bool wait_until(std::unique_lock<std::recursive_mutex>& lock,
                                  const Condition& is_there, base::Deadline until);
    void turn(base::Deadline until);
    void run();
    void wake() noexcept;
    void end_thread();

    const bool acks_what_is_taken_;
    const bool wants_presence_;
    const pid_t owner_;
    client::Connection connection_;
    client::Delivery delivery_;
    client::Sendings sendings_;
    client::Questions questions_;
    State state_ = State::connecting;
    Error error_;
    std::optional<Welcome> welcome_;
    std::uint64_t taken_ = 0;  // the highest id that may be acknowledged
    bool is_paused_ = false;
    bool is_due_ = false;                    // step() has something to do
    bool is_send_due_ = false;               // a part of it is to send a message
    bool is_stepping_ = false;               // a callback may be running
    bool is_closed_ = false;                 // the program has called leave()
    std::optional<Duration> leaves_within_;  // leave() is due

    std::thread thread_;
    base::UniqueFd wake_;      // an eventfd that ends the thread's poll()
    bool is_polling_ = false;  // the thread is in poll(), and nobody has woken it
    bool ends_thread_ = false;
    std::condition_variable_any changed_;  // after each step of the thread
};

template <typename Condition>
bool Client::Inside::wait_until(std::unique_lock<std::recursive_mutex>& lock,
                                const Condition& is_there, base::Deadline until) {
    const bool has_thread = thread_.joinable();
    // One turn comes after the time is up, so that even a timeout of 0 runs the client.
    for (bool is_last = false; !is_there();) {
        if (std::exchange(is_last, base::has_passed(until, base::Clock::now()))) return false;
        if (!has_thread) {
            turn(until);
        } else if (until) {
            changed_.wait_until(lock, *until);
        } else {
            changed_.wait(lock);
        }
    }
    return true;
}

template <typename Answer>
Result<Answer> Client::Inside::answer(
    const std::function<void(std::function<void(const Result<Answer>&)>)>& ask,
    base::Deadline until) {
    // Shared, because the answer may come after the time is up.
    const auto answer = std::make_shared<std::optional<Result<Answer>>>();
    std::unique_lock lock{mutex};
    if (is_stepping_) return Error{"in-callback", "a callback must not wait"};
    ask([answer](const Result<Answer>& result) { answer->emplace(result); });
    if (!wait_until(
            lock, [&] { return answer->has_value(); }, until)) {
        return Error{"timed-out", "no answer in time"};
    }
    return std::move(**answer);
}

}  // namespace belfry
