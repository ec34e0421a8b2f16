#include "cluster/log_question.hpp"

#include "cluster/text_fields.hpp"

namespace belfry::cluster {

std::string LogQuestion::text() const {
    return "hash first=" + std::to_string(first_id) + " last=" + std::to_string(last_id);
}

std::optional<LogQuestion> parse_log_question(std::string_view text) {
    const TextFields fields{text};
    const auto first_id = fields.number("first");
    const auto last_id = fields.number("last");
    if (!text.starts_with("hash ") || !first_id || !last_id) return {};
    return LogQuestion{*first_id, *last_id};
}

std::string LogAnswer::text() const {
    return "hash=" + hash + " first=" + std::to_string(first_id) +
           " last=" + std::to_string(last_id);
}

std::optional<LogAnswer> parse_log_answer(std::string_view text) {
    const TextFields fields{text};
    const auto hash = fields.text("hash");
    const auto first_id = fields.number("first");
    const auto last_id = fields.number("last");
    if (!hash || !first_id || !last_id) return {};
    return LogAnswer{std::string{*hash}, *first_id, *last_id};
}

}  // namespace belfry::cluster
