#include "ctl/top.hpp"

#include "ctl/client_order.hpp"
#include "ctl/curses_screen.hpp"
#include "ctl/human.hpp"
#include "ctl/status_page.hpp"
#include "ctl/termination.hpp"
#include "shm/segment_file.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

namespace belfry::ctl {
namespace {

using Clock = std::chrono::steady_clock;
using Style = CursesScreen::Style;

constexpr std::chrono::milliseconds interval{1000};
constexpr const char* keys =
    "q quit   sort: c client  b behind  i in  o out  s seen  p pid   r reverse   arrows scroll";

/// The loop of `belfryctl top`.
class Top {
  public:
    explicit Top(const std::filesystem::path& data_dir) : data_dir_{data_dir} {}

    void run() {
        auto next_refresh = Clock::now();
        while (!is_termination_requested()) {
            if (Clock::now() >= next_refresh) {
                refresh();
                next_refresh = Clock::now() + interval;
            }
            draw();
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(next_refresh - Clock::now());
            const int key = screen_.key(static_cast<int>(std::max<long>(left.count(), 0)));
            if (key == 'q' || key == CursesScreen::hung_up) return;
            handle_key(key);
        }
    }

  private:
    void refresh() {
        status_.reset();
        try {
            const auto found = shm::find_segment(data_dir_, boost::interprocess::read_only);
            if (found && shm::is_readable(found->state)) status_ = read_status(*found);
            error_ =
                found ? "the segment of " + data_dir_.string() + " cannot be read by this program"
                      : "no server segment in " + data_dir_.string();
        } catch (const shm::SegmentError& error) {
            error_ = error.what();
        }
        sort();
    }

    void sort() {
        if (status_ && sort_key_) sort_clients(status_->clients, *sort_key_, reversed_);
    }

    void handle_key(int key) {
        if (const auto sort_key = sort_key_for(key)) {
            reversed_ = false;
            sort_key_ = sort_key;
        }
        if (key == 'r') reversed_ = !reversed_;
        if (key == 'r' && !sort_key_) sort_key_ = SortKey::client;
        scroll(key);
        sort();
    }

    void scroll(int key) {
        const std::size_t page = client_lines_;
        if (key == CursesScreen::down) ++first_shown_;
        if (key == CursesScreen::page_down) first_shown_ += page;
        if (key == CursesScreen::up) first_shown_ -= std::min<std::size_t>(first_shown_, 1);
        if (key == CursesScreen::page_up) first_shown_ -= std::min(first_shown_, page);
    }

    void draw() {
        int line = 0;
        screen_.put(line++, keys, Style::reverse);
        if (status_) {
            draw_status(line);
        } else {
            screen_.put(line++, plain(error_), Style::bold);
        }
        screen_.clear_from(line);
        screen_.show();
    }

    void draw_status(int& line) {
        for (const std::string& text : head_lines(*status_)) put(line, text);
        put(line, client_heading(), Style::bold);
        client_lines_ = static_cast<std::size_t>(std::max(screen_.lines() - line, 1));
        const auto& clients = status_->clients;
        first_shown_ =
            std::min(first_shown_, clients.size() - std::min(clients.size(), client_lines_));
        for (std::size_t at = first_shown_; at < clients.size() && line < screen_.lines(); ++at) {
            put(line, client_line(clients[at], status_->now_ms));
        }
    }

    void put(int& line, const std::string& text, Style style = Style::plain) {
        if (line < screen_.lines()) screen_.put(line++, text, style);
    }

    const std::filesystem::path& data_dir_;
    CursesScreen screen_;
    std::optional<Status> status_;
    std::string error_;
    std::optional<SortKey> sort_key_;  ///< empty: in the order of the segment
    bool reversed_ = false;
    std::size_t first_shown_ = 0;   ///< the first client that is shown
    std::size_t client_lines_ = 1;  ///< how many lines are left for clients
};

}  // namespace

void run_top(const std::filesystem::path& data_dir) {
    Top top{data_dir};
    catch_termination_signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
    top.run();
}

}  // namespace belfry::ctl
