#include "shm/version_text.hpp"

#include "shm/segment.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace belfry::shm {
namespace {

using Words = std::array<std::uint64_t, std::extent_v<decltype(ProcessEntry::version)>>;

}  // namespace

void say_version(ProcessEntry& entry, std::string_view version) noexcept {
    Words words{};
    std::memcpy(words.data(), version.data(), std::min(version.size(), sizeof words));
    for (std::size_t at = 0; at < words.size(); ++at) {
        entry.version[at].store(words[at], std::memory_order_relaxed);
    }
}

std::string version_in(const ProcessEntry& entry) {
    Words words{};
    for (std::size_t at = 0; at < words.size(); ++at) {
        words[at] = entry.version[at].load(std::memory_order_relaxed);
    }
    const auto text = std::bit_cast<std::array<char, sizeof(Words)>>(words);
    return std::string{text_in(text)};
}

}  // namespace belfry::shm
