#include "ctl/top.hpp"

#include "ctl/client_order.hpp"
#include "ctl/human.hpp"
#include "ctl/status_page.hpp"
#include "ctl/terminal.hpp"
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
using Style = Terminal::Style;

constexpr std::chrono::milliseconds interval{1000};
constexpr const char* keys =
    "q quit   sort: c client  b behind  i in  o out  s seen  p pid   r reverse   arrows scroll";

class Top {
  public:
    explicit Top(const std::filesystem::path& data_dir) : data_dir_{data_dir} {}

    void run() {
        auto next_look = Clock::now();
        while (!is_to_end()) {
            if (Clock::now() >= next_look) {
                look();
                next_look = Clock::now() + interval;
            }
            draw();
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(next_look - Clock::now());
            const int key = terminal_.key(static_cast<int>(std::max<long>(left.count(), 0)));
            if (key == 'q' || key == Terminal::gone) return;
            obey(key);
        }
    }

  private:
    void look() {
        status_.reset();
        try {
            const auto found = shm::find_segment(data_dir_, boost::interprocess::read_only);
            if (found && shm::is_readable(found->state)) status_ = read_status(*found);
            trouble_ =
                found ? "the segment of " + data_dir_.string() + " cannot be read by this program"
                      : "there is no segment of a server in " + data_dir_.string();
        } catch (const shm::SegmentError& error) {
            trouble_ = error.what();
        }
        sort();
    }

    void sort() {
        if (status_ && order_) sort_clients(status_->clients, *order_, reversed_);
    }

    void obey(int key) {
        if (const auto order = order_for(key)) {
            reversed_ = false;
            order_ = order;
        }
        if (key == 'r') reversed_ = !reversed_;
        if (key == 'r' && !order_) order_ = Order::client;
        scroll(key);
        sort();
    }

    void scroll(int key) {
        const std::size_t page = room_;
        if (key == Terminal::down) ++top_;
        if (key == Terminal::page_down) top_ += page;
        if (key == Terminal::up) top_ -= std::min<std::size_t>(top_, 1);
        if (key == Terminal::page_up) top_ -= std::min(top_, page);
    }

    void draw() {
        int line = 0;
        terminal_.put(line++, keys, Style::reverse);
        if (status_) {
            draw_status(line);
        } else {
            terminal_.put(line++, plain(trouble_), Style::bold);
        }
        terminal_.clear_from(line);
        terminal_.show();
    }

    void draw_status(int& line) {
        for (const std::string& text : head_lines(*status_)) put(line, text);
        put(line, client_heading(), Style::bold);
        room_ = static_cast<std::size_t>(std::max(terminal_.lines() - line, 1));
        const auto& clients = status_->clients;
        top_ = std::min(top_, clients.size() - std::min(clients.size(), room_));
        for (std::size_t at = top_; at < clients.size() && line < terminal_.lines(); ++at) {
            put(line, client_line(clients[at], status_->now_ms));
        }
    }

    void put(int& line, const std::string& text, Style style = Style::plain) {
        if (line < terminal_.lines()) terminal_.put(line++, text, style);
    }

    const std::filesystem::path& data_dir_;
    Terminal terminal_;
    std::optional<Status> status_;
    std::string trouble_;
    std::optional<Order> order_;  ///< none: as they are in the segment
    bool reversed_ = false;
    std::size_t top_ = 0;   ///< the first client that is shown
    std::size_t room_ = 1;  ///< lines for clients
};

}  // namespace

void run_top(const std::filesystem::path& data_dir) {
    Top top{data_dir};
    take_end_signals({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
    top.run();
}

}  // namespace belfry::ctl
