#include "server/reload.hpp"

#include "cli/command_line.hpp"
#include "server/exposure.hpp"
#include "server/runtime_settings.hpp"
#include "shm/clients_path.hpp"
#include "shm/data_directory.hpp"

#include <array>
#include <functional>
#include <string_view>
#include <utility>

namespace belfry::server {
namespace {

/// Returns the clients for which the test holds, as `ann, bob`.
std::string names_of(const auth::KnownClients& clients,
                     const std::function<bool(const auth::Client&)>& test) {
    std::string text;
    for (const auth::Client& client : clients.all()) {
        if (test(client)) text += (text.empty() ? "" : ", ") + std::string{client.name};
    }
    return text;
}

/// Returns the clients that are not among the others.
std::string missing_in(const auth::KnownClients& others, const auth::KnownClients& clients) {
    return names_of(clients, [&](const auto& client) { return !others.find(client.name); });
}

/// Returns the clients that are in both lists with different secrets.
std::string changed_in(const auth::KnownClients& others, const auth::KnownClients& clients) {
    return names_of(clients, [&](const auth::Client& client) {
        const auth::Client* const other = others.find(client.name);
        return other != nullptr && other->secret_version != client.secret_version;
    });
}

std::string number_or(std::uint64_t number, const char* none) {
    return number != 0 ? std::to_string(number) : none;
}

}  // namespace

Reload::Reload(const std::vector<std::string>& arguments, Options& current,
               auth::KnownClients& clients, shm::Segment& segment, Supervisor& supervisor)
    : arguments_{&arguments},
      current_{&current},
      clients_{&clients},
      segment_{&segment},
      supervisor_{&supervisor} {}

void Reload::run() {
    read_and_apply();
    segment_->server().reloads.fetch_add(1);
}

void Reload::read_and_apply() {
    const bool has_certificate = current_->gate && current_->gate->certificate;
    if (!current_->config && !current_->clients_file && !has_certificate) {
        return log_event(LogLevel::warning,
                         "nothing to reload: neither --config, --clients nor --tls-cert was given");
    }
    try {
        const auto next = read_options(*arguments_);
        if (next) apply(*next, read_clients(*next));
        supervisor_->reload_gate();
    } catch (const cli::UsageError& error) {
        log_event(LogLevel::error,
                  std::string{"not reloaded, nothing has changed: "} + error.what());
    }
}

void Reload::apply(const Options& next, auth::KnownClients clients) {
    has_logged_ = false;
    // The more verbose of the two levels applies to the lines of this reload.
    const LogLevel level = next.log_level;
    if (level > current_->log_level) set_log_level(*segment_, level);
    if (apply_clients(std::move(clients))) apply_clients_file(next);
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

/// @return false if nothing was changed, because there is no room
bool Reload::apply_clients(auth::KnownClients next) {
    const std::string added = missing_in(*clients_, next);
    const std::string removed = missing_in(next, *clients_);
    const std::string changed = changed_in(*clients_, next);
    if (!set_clients(*segment_, next)) {
        log(LogLevel::error,
            "client-ids cannot be changed: the shared memory has no room for that many new ones "
            "without a clean stop and a start");
        return false;
    }
    if (!added.empty()) log(LogLevel::info, "client-ids: added " + added);
    if (!removed.empty()) log(LogLevel::info, "client-ids: removed " + removed);
    if (!changed.empty()) log(LogLevel::info, "secrets: changed those of " + changed);
    if (next.others_may_read() && !clients_->others_may_read()) {
        log(LogLevel::warning, std::string{readable_by_others});
    }
    *clients_ = std::move(next);
    supervisor_->end_unwanted();
    return true;
}

void Reload::apply_clients_file(const Options& next) {
    if (next.clients_file == current_->clients_file) return;
    current_->clients_file = next.clients_file;
    try {
        shm::write_clients_path(current_->data_dir, next.clients_file);
        log(LogLevel::info, "clients is now " + (next.clients_file ? next.clients_file->string()
                                                                   : std::string{"not set"}));
    } catch (const shm::DataDirectoryError& error) {
        log(LogLevel::error, error.what());
    }
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
    std::vector<std::pair<std::string_view, bool>> fixed{
        {"listen", next.listen != now.listen},
        {"port", next.port != now.port},
        {"port-file", next.port_file != now.port_file},
        {"data-dir", next.data_dir != now.data_dir},
        {"durability", next.durability != now.durability},
        {"ring-size", next.ring_bytes != now.ring_bytes},
        {"max-waiting", next.max_waiting != now.max_waiting},
        {"max-payload", next.max_payload != now.max_payload},
        {"log-format", next.log_format != now.log_format},
    };
    for (const auto& of_gate : gate_differences(now.gate, next.gate)) fixed.push_back(of_gate);
    for (const auto& one : cluster_differences(now.cluster, next.cluster)) fixed.push_back(one);
    for (const auto& [name, differs] : fixed) {
        if (!differs) continue;
        log(LogLevel::warning,
            std::string{name} + " cannot be changed without stopping and starting the server");
    }
}

void Reload::log(LogLevel level, const std::string& line) {
    has_logged_ = true;
    const auto& file = current_->config ? current_->config : current_->clients_file;
    log_event(level, "reloaded" + (file ? " " + file->string() : "") + ": " + line);
}

}  // namespace belfry::server
