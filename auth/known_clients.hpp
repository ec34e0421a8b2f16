#pragma once

#include "auth/clients_file.hpp"
#include "auth/secret.hpp"
#include "base/page_buffer.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace belfry::auth {

/// The clients that may log in: those that an option lists, which need no secret, and those of the
/// clients' file.
///
/// The text of the file, and so every hash, is in private memory of its own, which no core dump
/// contains. A child process has it only if it was forked while set_inherited(true) holds, and it
/// gives it back with forget(). Not thread-safe.
class KnownClients {
  public:
    /// Reads the file. @param ids well-formed and different
    /// @throws ClientsFileError if the file cannot be read or has a mistake, if users other than
    /// its owner and group may write to it, or if it has a client that is also in `ids`
    explicit KnownClients(std::span<const std::string> ids,
                          const std::optional<std::filesystem::path>& file = {});
    KnownClients(KnownClients&&) noexcept = default;
    KnownClients& operator=(KnownClients&&) noexcept = default;
    KnownClients(const KnownClients&) = delete;
    KnownClients& operator=(const KnownClients&) = delete;
    ~KnownClients() = default;

    /// Returns all clients: those of the option in its order, then those of the file in its order.
    [[nodiscard]] const std::vector<Client>& all() const noexcept { return clients_; }

    /// Tells whether there is a clients' file. Without one nobody is asked for a secret.
    [[nodiscard]] bool has_file() const noexcept { return digest_ != 0; }

    /// Returns the digest of the file; 0 without a file.
    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

    /// Tells whether users other than the file's owner and group may read it.
    [[nodiscard]] bool others_may_read() const noexcept { return others_may_read_; }

    /// Returns the client of this name; null if it may not log in.
    [[nodiscard]] const Client* find(std::string_view name) const noexcept;

    /// Tells whether this is a secret of the client. It takes as long for a client without a
    /// secret, and for a name that is not known, as for some client with a secret; always the same
    /// one for the same name.
    /// @throws std::bad_alloc
    [[nodiscard]] bool verify(std::string_view name, const Secret& secret) const;

    /// Tells whether a child process that is forked now gets the text of the file.
    void set_inherited(bool inherited) noexcept;

    /// Unmaps the text of the file. Only the destructor may be called after it.
    void forget() noexcept { text_.reset(); }

  private:
    bool add(const Client& client);
    void add_file(std::string_view text, const std::filesystem::path& file);

    std::unique_ptr<base::PageBuffer> text_;  ///< the names of the option, then the file
    std::vector<Client> clients_;             ///< their views point into text_
    std::unordered_map<std::string_view, std::uint32_t> by_name_;  ///< index in clients_
    std::vector<std::uint32_t> with_secret_;                       ///< indexes in clients_
    std::uint64_t salt_ = 0;  ///< decides whose hash stands in for that of an unknown name
    std::uint64_t digest_ = 0;
    bool others_may_read_ = false;
};

}  // namespace belfry::auth
