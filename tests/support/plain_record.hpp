#pragma once

#include "shm/log_writer.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// A record in a format for tests, `<id> <sender> <bytes>:<body>\n`. The log knows neither this
/// format nor that of the protocol.
namespace belfry::test {

struct PlainRecord {
    std::uint64_t id;
    std::string_view sender;
    std::string_view body;
};

[[nodiscard]] shm::RecordFormat plain_format() noexcept;

/// Removes the first record and returns it; none if it is not whole.
[[nodiscard]] std::optional<PlainRecord> take_record(std::string_view& bytes);

/// Returns all records of a chunk. Throws Failure if one is not whole.
[[nodiscard]] std::vector<PlainRecord> records_in(std::string_view bytes);

/// A shm::RecordCheck for such records.
[[nodiscard]] bool is_plain_record(std::string_view record, std::uint64_t id,
                                   std::string_view sender);

/// Returns a body that begins with the seq, and whose other bytes follow from it, so that a torn
/// body is recognised.
[[nodiscard]] std::string numbered_body(std::uint64_t seq);

/// Returns the seq in a numbered body; none if the body is not whole.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view body);

}  // namespace belfry::test
