#include "terminal/requests.hpp"

#include "base/utf8.hpp"
#include "wire/print.hpp"

#include <boost/algorithm/string/join.hpp>

#include <algorithm>
#include <utility>

namespace belfry::terminal {
namespace {

constexpr std::uint64_t page = 500;
constexpr std::size_t max_found = 50;

std::string listed(const std::vector<std::string>& names) {
    return names.empty() ? "nobody" : boost::algorithm::join(names, ", ");
}

}  // namespace

void Requests::ask_names() {
    wire::print(commands_, wire::Who{});
    open_.push_back({.kind = Kind::names});
}

void Requests::who() {
    wire::print(commands_, wire::Who{});
    open_.push_back({.kind = Kind::who});
}

void Requests::history(std::uint64_t newest, std::uint64_t count) {
    ask(Kind::history, newest >= count ? newest - count + 1 : 1, count);
}

void Requests::search(std::uint64_t newest, std::string_view text) {
    end_search();
    search_ = Search{.number = ++searches_,
                     .text = std::string{text},
                     .newest = newest,
                     .left = newest,
                     .found = {},
                     .page = {}};
    ask_page();
}

void Requests::ask(Kind kind, std::uint64_t first, std::uint64_t count) {
    wire::print(commands_, wire::History{first, count});
    open_.push_back({.kind = kind, .search = searches_});
}

void Requests::ask_page() {
    const std::uint64_t count = std::clamp<std::uint64_t>(search_->left, 1, page);
    search_->left -= std::min(search_->left, count);
    ask(Kind::search, search_->left + 1, count);
}

void Requests::lost() {
    const bool was_asked = std::any_of(open_.begin(), open_.end(), [](const Request& request) {
        return request.kind != Kind::names;
    });
    if (was_asked) say("the connection was lost before the answer came; ask again");
    search_.reset();
    commands_.clear();
    open_.clear();
    online_.clear();
    offline_.clear();
}

void Requests::on_user(const wire::User& frame) {
    if (open_.empty() || open_.front().kind != Kind::who) return;
    std::string name{frame.client_id};
    if (name == own_id_) name += " (you)";
    (frame.online ? online_ : offline_).push_back(std::move(name));
}

void Requests::on_past(const wire::Message& frame) {
    if (open_.empty()) return;
    if (open_.front().kind == Kind::history) {
        print_(transcript_.message(said(frame), Transcript::Look::again));
    } else if (is_current(open_.front()) &&
               base::find_text(frame.payload, search_->text) != std::string_view::npos) {
        search_->page.push_back(transcript_.message(said(frame), Transcript::Look::again));
    }
}

void Requests::on_end(const wire::End& frame) {
    if (open_.empty()) return;
    const Request request = open_.front();
    open_.pop_front();
    if (request.kind == Kind::who) end_who();
    if (request.kind == Kind::history) {
        say(frame.last_id == 0 ? "no messages" : "end of the history");
    }
    if (is_current(request)) end_page();
}

bool Requests::is_current(const Request& request) const {
    return request.kind == Kind::search && search_ && search_->number == request.search;
}

void Requests::end_who() {
    say("online: " + listed(online_) + "; offline: " + listed(offline_));
    online_.clear();
    offline_.clear();
}

// Pages come from the newest to the oldest, so each goes in front.
void Requests::end_page() {
    auto& found = search_->found;
    found.insert(found.begin(), search_->page.begin(), search_->page.end());
    search_->page.clear();
    if (found.size() >= max_found || search_->left == 0) {
        end_search();
    } else {
        ask_page();
    }
}

bool Requests::end_search() {
    if (!search_) return false;
    auto& found = search_->found;
    if (found.size() > max_found) {
        found.erase(found.begin(), found.end() - max_found);
    }
    const std::string how_many = found.size() == 1
                                     ? "1 message contains "
                                     : std::to_string(found.size()) + " messages contain ";
    const bool is_whole = search_->left == 0;
    for (const auto& text : found) print_(text);
    say((is_whole ? "" : "the newest ") + how_many + search_->text);
    search_.reset();
    return true;
}

std::optional<std::string> Requests::progress() const {
    if (!search_) return std::nullopt;
    return "searching: " + std::to_string(search_->newest - search_->left) + " of " +
           std::to_string(search_->newest) + " messages";
}

}  // namespace belfry::terminal
