#include "ctl/client_commands.hpp"

#include "auth/clients_file.hpp"
#include "auth/clients_file_edit.hpp"
#include "auth/digest.hpp"
#include "auth/new_secret.hpp"
#include "cli/standard_streams.hpp"
#include "ctl/asked_secret.hpp"
#include "ctl/clients_place.hpp"
#include "ctl/clients_reload.hpp"
#include "ctl/refusal.hpp"

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;

std::string secrets_of(const auth::Client& client) {
    if (client.by_certificate) return "certificate only";
    const auto secrets =
        std::ranges::count_if(client.hashes, [](std::string_view hash) { return !hash.empty(); });
    if (secrets == 0) return "no secret";
    return secrets == 1 ? "1 secret" : std::to_string(secrets) + " secrets";
}

/// A clients' file that was read. One that may be changed stays locked until the object is
/// destroyed.
class ClientsFile {
  public:
    ClientsFile(const ClientsPlace& clients, Access access)
        : file_{clients.place, access}, path_{clients.place.path.string()} {
        require_trusted(clients, file_.facts());
        text_ = file_.contents(auth::max_clients_file);
        clients_ = auth::parse_clients(text_, path_);
    }

    [[nodiscard]] const std::vector<auth::Client>& clients() const noexcept { return clients_; }

    void add(const std::string& name, const std::string& hash) {
        if (find(name) != nullptr) throw Refusal{"client " + name + " is already in " + path_};
        replace(auth::with_line(text_, name + ":" + hash));
    }

    void set_secret(const std::string& name, const std::string& hash, bool keep_old) {
        const auth::Client& client = known(name);
        const std::string old{client.hashes.front()};
        if (keep_old && old.empty()) throw Refusal{"client " + name + " has no secret to keep"};
        const std::string content = name + ":" + hash + (keep_old ? "," + old : "");
        replace(auth::with_content(text_, client, content));
    }

    void remove(const std::string& name) { replace(auth::without_line(text_, known(name))); }

    /// Returns a digest of the contents, after the change.
    [[nodiscard]] std::uint64_t digest() const { return auth::digest(text_); }

  private:
    [[nodiscard]] const auth::Client* find(const std::string& name) const {
        const auto found = std::ranges::find(clients_, name, &auth::Client::name);
        return found == clients_.end() ? nullptr : &*found;
    }

    [[nodiscard]] const auth::Client& known(const std::string& name) const {
        if (const auth::Client* const client = find(name)) return *client;
        throw Refusal{"client " + name + " is not in " + path_};
    }

    void replace(std::string text) {
        auto clients = auth::parse_clients(text, path_);  // the change may exceed a limit
        file_.replace(text);
        text_ = std::move(text);
        clients_ = std::move(clients);
    }

    EditedFile file_;
    std::string path_;
    std::string text_;
    std::vector<auth::Client> clients_;  ///< they point into text_
};

/// A secret that was made, or that a person has chosen.
class NewSecret {
  public:
    explicit NewSecret(bool ask) : is_chosen_{ask} {
        if (ask) {
            ask_for(secret_);
        } else {
            auth::generate(secret_);
        }
        hash_ = auth::hash_of(secret_, ask ? auth::Origin::chosen : auth::Origin::generated);
    }

    [[nodiscard]] const std::string& hash() const noexcept { return hash_; }

    /// Prints the line, and at its end the secret if the person does not know it. It must be on the
    /// way before anything else can fail, because nothing else knows it.
    void print(std::ostream& out, const std::string& line) const {
        out << line;
        if (!is_chosen_) out << ": " << secret_.c_str();
        out << std::endl;
    }

  private:
    bool is_chosen_;
    auth::Secret secret_;
    std::string hash_;
};

void list(std::ostream& out, const ClientsPlace& place) {
    const ClientsFile file{place, Access::read};
    for (const auth::Client& client : file.clients()) {
        out << std::left << std::setw(18) << client.name << ' ' << secrets_of(client) << '\n';
    }
}

/// Makes the server use the changed file, with the rights of the data directory's owner.
void tell_server(const Options& options, const fs::path& file, std::uint64_t digest) {
    fs::path data_dir = options.data_dir;
    std::error_code error;
    if (!fs::exists(data_dir, error)) {
        // The first clients are usually added before there is a server. But a server that is not
        // told of any other change goes on with a secret that was taken back.
        if (options.command == "client add") return;
        return cli::warn("belfryctl", "no server was told, because " + data_dir.string() +
                                          " does not exist; see --data-dir");
    }
    become_owner_of(data_dir, MissingDirectory::is_refused);
    if (reload_clients(data_dir, file, digest) != Reload::other_file) return;
    cli::warn("belfryctl", "the server in " + data_dir.string() + " does not use " + file.string() +
                               ", so it was not told");
}

void change(std::ostream& out, const ClientsPlace& place, const Options& options) {
    const std::string& name = options.operand;
    // A person may take long to choose a secret, so the file is not locked yet.
    std::optional<NewSecret> secret;
    if (options.command != "client remove") secret.emplace(options.ask);
    const bool may_make = options.command == "client add" && !place.chosen_by;
    ClientsFile file{place, may_make ? Access::change_or_make : Access::change};
    if (options.command == "client add") {
        file.add(name, secret->hash());
        secret->print(out, "added client " + name);
    } else if (options.command == "client secret") {
        file.set_secret(name, secret->hash(), options.keep_old);
        secret->print(out, "new secret of client " + name);
    } else {
        file.remove(name);
        out << "removed client " << name << '\n';
    }
    tell_server(options, place.place.path, file.digest());
}

}  // namespace

int run_client_command(std::ostream& out, const Options& options) {
    const auto place = find_clients_file(options.clients, options.data_dir);
    if (!place) return EXIT_FAILURE;
    if (options.command == "client list") {
        list(out, *place);
    } else {
        change(out, *place, options);
    }
    return EXIT_SUCCESS;
}

}  // namespace belfry::ctl
