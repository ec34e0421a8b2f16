#pragma once

#include "tests/support/server.hpp"
#include "tests/support/temp_dir.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace belfry::test {

// Hashes of two secrets, made by programs that are not part of Belfry. In a LOGIN line the space of
// a secret is encoded.
inline const std::string old_secret = "open%20sesame";
inline const std::string old_hash =
    "$7$26..../....aaaaaaaaaaaaaaaaaaaaaa$Dbd58qMfiyNov49rPoIHpN7K6g56yOFom11KgaBhBd3";
/// Parts of it, in clear and as it stands on the line.
inline constexpr std::array secret_parts{"open sesame", "open%20sesame", "open ses", "n sesame",
                                         "%20sesame"};
inline const std::string new_secret = "new%20sesame";
inline const std::string new_hash =
    "$7$26..../....bbbbbbbbbbbbbbbbbbbbbb$jrUxxrIPxdZv/N4gTiz/p5akjp3wvqeLZ.E4X0J3fM7";
/// What `openssl passwd -6` makes of the old secret.
inline const std::string old_hash_of_openssl =
    "$6$saltsaltsalt$VQCHS9jZgaZl0Mz8sqN5nA3FDB2mZS2FVgYEe0e4sFYq/"
    "qRvjoS1fr5tPcf7bV5VL3IUbzNg9QpxpMaPXE2jT1";
/// What yescrypt makes of it.
inline const std::string old_hash_of_yescrypt =
    "$y$j75$k2XAnEHBqQ1Ct2aMXFKNaR4Odd4Al6nAoIXBrUHCV74$"
    "PDSS6UrJ6YbDr0Ttwjl7DFBVXSdOFuv8JU9UcmKBoJA";

/// Tells whether the address is mapped in this process.
[[nodiscard]] inline bool is_mapped(const void* address) {
    const auto page = reinterpret_cast<std::uintptr_t>(address) & ~std::uintptr_t{4095};
    unsigned char resident = 0;
    return ::mincore(reinterpret_cast<void*>(page), 1, &resident) == 0;
}

/// A clients' file that only its owner may read.
class ClientsFile {
  public:
    explicit ClientsFile(const std::string& text) { write(text); }

    void write(const std::string& text) const {
        std::ofstream{path()} << text;
        ::chmod(path().c_str(), 0600);
    }
    [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "clients"; }

  private:
    TempDir folder_;
};

/// Returns the options of a server whose clients are all in the file.
[[nodiscard]] inline ServerOptions with_clients(const ClientsFile& file) {
    return {.client_ids = "", .more = {"--clients", file.path().string()}};
}

}  // namespace belfry::test
