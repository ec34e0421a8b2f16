#include "terminal/requests.hpp"

#include "base/utf8.hpp"

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
    open_.push_back({.kind = Kind::names});
}

void Requests::who() {
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
                     .found = {}};
    ask_page();
}

void Requests::ask(Kind kind, std::uint64_t first, std::uint64_t count) {
    open_.push_back({.kind = kind, .first = first, .count = count, .search = searches_});
}

void Requests::send(Client& client) {
    for (; sent_ < open_.size(); ++sent_) {
        const Request request = open_[sent_];
        const auto is_late = [this, asked = connection_] { return asked != connection_; };
        if (request.kind == Kind::names || request.kind == Kind::who) {
            client.who([this, request, is_late](const auto& answer) {
                if (!is_late()) on_users(request, answer);
            });
        } else {
            client.history(request.first, request.count,
                           [this, request, is_late](const auto& answer) {
                               if (!is_late()) on_history(request, answer);
                           });
        }
    }
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
    open_.clear();
    sent_ = 0;
    ++connection_;
}

void Requests::on_users(const Request& request, const Result<std::vector<User>>& answer) {
    open_.pop_front();
    --sent_;
    if (!answer) return;
    for (const User& user : *answer) on_user_(user.id);
    if (request.kind == Kind::who) show(*answer);
}

void Requests::show(const std::vector<User>& users) {
    std::vector<std::string> online;
    std::vector<std::string> offline;
    for (const User& user : users) {
        (user.online ? online : offline).push_back(user.id + (user.id == own_id_ ? " (you)" : ""));
    }
    say("online: " + listed(online) + "; offline: " + listed(offline));
}

void Requests::on_history(const Request& request, const Result<History>& answer) {
    open_.pop_front();
    --sent_;
    if (!answer) return;
    if (request.kind == Kind::history) show(answer->messages);
    if (is_current(request)) end_page(answer->messages);
}

void Requests::show(const std::vector<Message>& messages) {
    for (const Message& message : messages) {
        print_(transcript_.message(said(message), Transcript::Look::again));
    }
    say(messages.empty() ? "no messages" : "end of the history");
}

bool Requests::is_current(const Request& request) const {
    return request.kind == Kind::search && search_ && search_->number == request.search;
}

// Pages come from the newest to the oldest, so each goes in front.
void Requests::end_page(const std::vector<Message>& messages) {
    std::vector<std::string> page;
    for (const Message& message : messages) {
        if (base::find_text(message.payload, search_->text) == std::string_view::npos) continue;
        page.push_back(transcript_.message(said(message), Transcript::Look::again));
    }
    auto& found = search_->found;
    found.insert(found.begin(), page.begin(), page.end());
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
