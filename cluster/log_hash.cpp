#include "cluster/log_hash.hpp"

#include <algorithm>
#include <array>
#include <sha2.h>
#include <string_view>

namespace belfry::cluster {
namespace {

/// How many messages are read in one transaction.
constexpr std::uint64_t page_messages = 1000;

/// Hashes texts and numbers so that no two sequences of them give the same bytes.
class Hash {
  public:
    Hash() noexcept { ::SHA256Init(&context_); }

    void add(std::uint64_t number) noexcept {
        std::array<std::uint8_t, sizeof number> bytes{};
        for (std::uint8_t& byte : bytes) {
            byte = static_cast<std::uint8_t>(number);
            number >>= 8U;
        }
        ::SHA256Update(&context_, bytes.data(), bytes.size());
    }

    void add(std::string_view text) noexcept {
        add(std::uint64_t{text.size()});
        ::SHA256Update(&context_, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    }

    [[nodiscard]] std::string digits() {
        std::array<char, SHA256_DIGEST_STRING_LENGTH> text{};
        ::SHA256End(&context_, text.data());
        return text.data();
    }

  private:
    SHA2_CTX context_{};
};

}  // namespace

std::optional<std::string> hash_messages(store::StoreReader& reader, std::uint64_t first,
                                         std::uint64_t last) {
    Hash hash;
    while (first <= last) {
        const std::uint64_t page_end = std::min(last, first + page_messages - 1);
        const std::uint64_t end = reader.read(first, page_end, [&](const store::Message& message) {
            hash.add(message.id);
            hash.add(message.sender);
            hash.add(message.seq);
            hash.add(message.time_ms);
            hash.add(message.body);
            return true;
        });
        if (end != page_end + 1) return {};
        first = end;
    }
    return hash.digits();
}

}  // namespace belfry::cluster
