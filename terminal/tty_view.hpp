#pragma once

#include "base/clock.hpp"
#include "belfry/client.hpp"
#include "terminal/backlog.hpp"
#include "terminal/commands.hpp"
#include "terminal/editor.hpp"
#include "terminal/options.hpp"
#include "terminal/requests.hpp"
#include "terminal/screen.hpp"
#include "terminal/signals.hpp"
#include "terminal/standard_error.hpp"
#include "terminal/terminfo.hpp"
#include "terminal/transcript.hpp"
#include "terminal/user_files.hpp"
#include "terminal/view.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace belfry::terminal {

/// Shows the conversation to a person at a terminal, and reads what the person types. Only the
/// event loop uses it.
class TtyView : public View {
  public:
    /// Tells whether the program can be interactive: standard input and output are a capable
    /// terminal, and no option asks for plain output.
    [[nodiscard]] static bool is_possible(const Options& options);

    explicit TtyView(const Options& options);
    ~TtyView() override;

    struct Hooks {
        /// Runs the event loop until a key has been pressed. @return false: no more keys are wanted
        std::function<bool()> wait;
        /// Sends a message.
        std::function<void(std::string_view text)> send;
    };

    /// Reads lines and acts on them, until the user ends the input or no more keys are wanted.
    void read_lines(const Hooks& hooks);

    /// Tells whether the user has ended the input.
    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

    /// Tells whether keys have been read and not used yet.
    [[nodiscard]] bool has_keys() const { return editor_ && editor_->has_keys(); }

    // --- called by the event loop ---

    /// Returns a descriptor. When it is readable, call take_signals().
    [[nodiscard]] int signal_fd() const noexcept { return signals_.fd(); }
    void take_signals();

    /// Handles Ctrl-C: ends a search, or clears the line. @return false: there was neither
    [[nodiscard]] bool interrupt();

    /// Sends the user's questions to the server. Requires an accepted login.
    void send_requests(Client& client) { requests_.send(client); }

    /// Brings the screen up to date. Call it before the program waits.
    void show(base::TimePoint now);

    /// Returns when show() must run again at the latest.
    [[nodiscard]] base::Deadline show_again_at() const noexcept { return show_again_at_; }

    /// Tells whether every message has been printed, and so may be acknowledged.
    [[nodiscard]] bool has_passed_on_all() const;

    /// Prints what was held back, and the lines that were not confirmed. Call it at the end.
    void finish();

    /// Prints a note.
    void note(std::string_view text) { print(transcript_.note(text)); }

    // --- View ---

    void notice(std::string_view text) override { warn(text); }
    void welcome(const Welcome& welcome) override;
    void lost(base::TimePoint next_attempt) override;
    void message(const Message& message) override;
    void live() override { screen_.print(backlog_.end()); }
    void sending(std::uint64_t line, std::string_view text) override;
    void accepted(std::uint64_t line, const Receipt& receipt) override;
    void refused(std::uint64_t line, const Error& why) override;
    void presence(const Presence& presence) override;

  private:
    [[nodiscard]] Editor::Hooks editor_hooks(const Hooks& hooks);
    void enter(std::string_view line, const Hooks& hooks);
    void ask(const std::function<void()>& question);
    void help();
    void print(const std::string& text);
    void stop();
    [[nodiscard]] typed::Completion complete(std::string_view front) const;
    [[nodiscard]] std::vector<std::string> status(base::TimePoint now);
    [[nodiscard]] std::string connection_status(base::TimePoint now);

    const Options& options_;
    Terminfo terminfo_;
    Painter painter_;
    TerminalSignals signals_;
    Screen screen_;
    Transcript transcript_;
    Backlog backlog_;
    Requests requests_;
    HistoryFile history_;
    std::optional<Editor> editor_;
    std::map<std::uint64_t, std::string> unsent_;  // the lines without an answer, by their numbers
    std::set<std::string, std::less<>> names_;     // the other clients, for completion
    std::uint64_t newest_ = 0;                     // the highest message id that is known
    bool is_connected_ = false;
    bool was_connected_ = false;
    base::TimePoint next_attempt_;
    base::Deadline show_again_at_;
    bool wants_bell_ = false;
    bool has_ended_ = false;
};

}  // namespace belfry::terminal
