#pragma once

#include "tests/support/raw_client.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace belfry::test {

/// Sends messages with the seqs from `first` to `last`, and reads up to the SENT of the last one.
/// Each text begins with its seq.
inline void send_and_read(RawClient& client, std::uint64_t first, std::uint64_t last,
                          std::size_t bytes_each = 10) {
    std::string bytes;
    for (std::uint64_t seq = first; seq <= last; ++seq) {
        const std::string number = std::to_string(seq);
        const std::string text = number + std::string(bytes_each - number.size(), '.');
        bytes += "SEND " + number + " " + std::to_string(bytes_each) + "\r\n" + text + "\r\n";
    }
    client.send(bytes);
    client.read_until_id(last);
}

}  // namespace belfry::test
