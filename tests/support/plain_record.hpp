#pragma once

#include "shm/log_writer.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// Records in a format of the tests' own, `<id> <sender> <bytes>:<body>\n`: the log does not know
/// the protocol's.
namespace belfry::test {

struct PlainRecord {
    std::uint64_t id;
    std::string_view sender;
    std::string_view body;
};

[[nodiscard]] shm::RecordFormat plain_format() noexcept;

/// Takes the record at the front away; none where it is not whole.
[[nodiscard]] std::optional<PlainRecord> take_record(std::string_view& bytes);

/// All records of a chunk. Throws Failure where one is not whole.
[[nodiscard]] std::vector<PlainRecord> records_in(std::string_view bytes);

/// A shm::RecordCheck.
[[nodiscard]] bool is_plain_record(std::string_view record, std::uint64_t id,
                                   std::string_view sender);

/// A body that shows which one it is, and whether it is whole: `<seq>`, and some more bytes.
[[nodiscard]] std::string numbered_body(std::uint64_t seq);

/// The number in it; none where it is not whole.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view body);

}  // namespace belfry::test
