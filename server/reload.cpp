#include "server/reload.hpp"

#include "cli/command_line.hpp"
#include "server/runtime_settings.hpp"
#include "shm/client_table.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace belfry::server {
namespace {

/// Returns those of `ids` that are not among the others, as `ann, bob`.
std::string missing_in(const std::vector<std::string>& others,
                       const std::vector<std::string>& ids) {
    std::string text;
    for (const std::string& id : ids) {
        if (std::ranges::find(others, id) != others.end()) continue;
        text += (text.empty() ? "" : ", ") + id;
    }
    return text;
}

std::string number_or(std::uint64_t number, const char* none) {
    return number != 0 ? std::to_string(number) : none;
}

}  // namespace

Reload::Reload(const std::vector<std::string>& arguments, Options& current, shm::Segment& segment,
               Supervisor& supervisor)
    : arguments_{&arguments}, current_{&current}, segment_{&segment}, supervisor_{&supervisor} {}

void Reload::run() {
    if (!current_->config) {
        return log_event(LogLevel::warning, "nothing to reload: no --config was given");
    }
    try {
        const auto next = read_options(*arguments_);
        if (next) apply(*next);
    } catch (const cli::UsageError& error) {
        log_event(LogLevel::error,
                  std::string{"not reloaded, nothing has changed: "} + error.what());
    }
}

void Reload::apply(const Options& next) {
    has_logged_ = false;
    // The more verbose of the two levels applies to the lines of this reload.
    const LogLevel level = next.log_level;
    if (level > current_->log_level) set_log_level(*segment_, level);
    apply_clients(next);
    apply_max_clients(next);
    apply_retention(next);
    log_what_stays(next);
    if (level != current_->log_level) {
        log(LogLevel::info, "log-level is now " + std::string{word_for(level)});
    }
    if (!has_logged_) log(LogLevel::info, "nothing has changed");
    set_log_level(*segment_, level);
    current_->log_level = level;
}

void Reload::apply_clients(const Options& next) {
    const std::string added = missing_in(current_->client_ids, next.client_ids);
    const std::string removed = missing_in(next.client_ids, current_->client_ids);
    if (added.empty() && removed.empty()) return;
    if (!shm::set_known_clients(*segment_, next.client_ids)) {
        return log(LogLevel::error,
                   "client-ids cannot be changed: the shared memory has no room for that many "
                   "new ones without a clean stop and a start");
    }
    if (!added.empty()) log(LogLevel::info, "client-ids: added " + added);
    if (!removed.empty()) log(LogLevel::info, "client-ids: removed " + removed);
    supervisor_->end_unwanted();
    current_->client_ids = next.client_ids;
}

void Reload::apply_max_clients(const Options& next) {
    if (next.max_clients == current_->max_clients) return;
    has_logged_ = true;
    if (set_max_online(*segment_, next.max_clients)) {
        log(LogLevel::info, "max-clients is now " + std::to_string(next.max_clients));
    }
    current_->max_clients = next.max_clients;
}

void Reload::apply_retention(const Options& next) {
    set_retention(*segment_, next);
    if (next.keep_messages != current_->keep_messages) {
        log(LogLevel::info, "keep-messages is now " + number_or(next.keep_messages, "all"));
    }
    if (next.keep_days != current_->keep_days) {
        log(LogLevel::info, "keep-days is now " + number_or(next.keep_days, "all"));
    }
    current_->keep_messages = next.keep_messages;
    current_->keep_days = next.keep_days;
}

void Reload::log_what_stays(const Options& next) {
    const Options& now = *current_;
    const std::array<std::pair<std::string_view, bool>, 8> fixed{{
        {"listen", next.listen != now.listen},
        {"port", next.port != now.port},
        {"port-file", next.port_file != now.port_file},
        {"data-dir", next.data_dir != now.data_dir},
        {"durability", next.durability != now.durability},
        {"ring-size", next.ring_bytes != now.ring_bytes},
        {"max-payload", next.max_payload != now.max_payload},
        {"log-format", next.log_format != now.log_format},
    }};
    for (const auto& [name, differs] : fixed) {
        if (!differs) continue;
        log(LogLevel::warning,
            std::string{name} + " cannot be changed without stopping and starting the server");
    }
}

void Reload::log(LogLevel level, const std::string& line) {
    has_logged_ = true;
    log_event(level, "reloaded " + current_->config->string() + ": " + line);
}

}  // namespace belfry::server
