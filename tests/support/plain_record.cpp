#include "tests/support/plain_record.hpp"

#include "tests/support/failure.hpp"

#include <charconv>
#include <cstdio>

namespace belfry::test {
namespace {

std::size_t print_head(std::span<char> out, std::uint64_t id, std::string_view sender,
                       std::uint64_t /*time_ms*/, std::size_t body_bytes) noexcept {
    return static_cast<std::size_t>(
        std::snprintf(out.data(), out.size(), "%llu %.*s %zu:", static_cast<unsigned long long>(id),
                      static_cast<int>(sender.size()), sender.data(), body_bytes));
}

/// Removes the text up to the end mark, and the mark, and returns the text.
std::optional<std::string_view> take_until(std::string_view& bytes, char mark) {
    const std::size_t end = bytes.find(mark);
    if (end == std::string_view::npos) return {};
    const std::string_view text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return text;
}

std::optional<std::uint64_t> number(std::optional<std::string_view> text) {
    std::uint64_t value = 0;
    if (!text) return {};
    const char* text_end = text->data() + text->size();
    const auto [end, error] = std::from_chars(text->data(), text_end, value);
    if (error != std::errc{} || end != text_end) return {};
    return value;
}

}  // namespace

shm::RecordFormat plain_format() noexcept {
    return {&print_head, "\n"};
}

std::optional<PlainRecord> take_record(std::string_view& bytes) {
    std::string_view rest = bytes;
    const auto id = number(take_until(rest, ' '));
    const auto sender = take_until(rest, ' ');
    const auto length = number(take_until(rest, ':'));
    if (!id || !sender || !length || rest.size() <= *length || rest[*length] != '\n') return {};
    bytes = rest.substr(*length + 1);
    return PlainRecord{*id, *sender, rest.substr(0, *length)};
}

std::vector<PlainRecord> records_in(std::string_view bytes) {
    std::vector<PlainRecord> records;
    while (!bytes.empty()) {
        const auto record = take_record(bytes);
        if (!record) throw Failure{"torn: " + std::string{bytes.substr(0, 80)}};
        records.push_back(*record);
    }
    return records;
}

bool is_plain_record(std::string_view record, std::uint64_t id, std::string_view sender) {
    const auto parsed = take_record(record);
    return parsed && record.empty() && parsed->id == id && parsed->sender == sender;
}

std::string numbered_body(std::uint64_t seq) {
    return std::to_string(seq) +
           std::string(seq * 7 % 61, static_cast<char>('a' + static_cast<char>(seq % 26)));
}

std::optional<std::uint64_t> number_of(std::string_view body) {
    std::uint64_t seq = 0;
    std::from_chars(body.data(), body.data() + body.size(), seq);
    return body == numbered_body(seq) ? std::optional{seq} : std::nullopt;
}

}  // namespace belfry::test
