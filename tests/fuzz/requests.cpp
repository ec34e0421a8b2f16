#include "gate/request_reader.hpp"
#include "gate/web_site.hpp"
#include "tests/fuzz/check.hpp"

#include <algorithm>
#include <string>

namespace belfry::fuzz {
namespace {

using gate::HttpRequest;
using gate::RequestReader;

std::string copy(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

const gate::WebOrigins origins{false, {"https://chat.example.com"}};
const gate::WebSite site{origins, nullptr};

/// Tells whether the text is a sequence of lines that end with CRLF, and contains no other control
/// characters.
bool is_made_of_lines(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at, 2) == "\r\n") {
            ++at;
        } else if (static_cast<unsigned char>(text[at]) < ' ' || text[at] == '\x7f') {
            return false;
        }
    }
    return text.ends_with("\r\n");
}

/// Checks that an answer is what it says, whatever was in the request.
void check_answer(const gate::HttpAnswer& answer) {
    const std::string_view head{answer.head};
    if (!head.starts_with("HTTP/1.1 ") || !is_made_of_lines(head)) {
        throw Broken{"the head of an answer is malformed: " + answer.head};
    }
    if (head.find("\r\n\r\n") != head.size() - 4) {
        throw Broken{"the head of an answer ends early: " + answer.head};
    }
    const std::string length = "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
    if (!answer.body.empty() && head.find(length) == std::string_view::npos) {
        throw Broken{"an answer has another length: " + answer.head};
    }
}

/// Returns the request and its answer as text.
std::string described(const HttpRequest& request) {
    std::string text = copy(request.method_string()) + ' ' + copy(request.target());
    for (const auto& field : request) {
        text += '\n' + copy(field.name_string()) + ": " + copy(field.value());
    }
    const auto answer = site.answer(request, true);
    if (answer) check_answer(*answer);
    return text + "\n" + (answer ? answer->head : "upgrade") + "\n";
}

/// Tells whether a name or a value of a field has only characters that it may have, such as tabs.
bool is_sound_text(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
    });
}

/// Checks what every accepted request has, and only the parser could have let through.
void check_request(const HttpRequest& request) {
    const auto is_host = [](const auto& field) {
        return field.name() == boost::beast::http::field::host;
    };
    if (request.version() != 11 || std::ranges::count_if(request, is_host) != 1) {
        throw Broken{"a request is accepted that has another version, or not one Host"};
    }
    for (const auto& field : request) {
        for (const auto text : {field.name_string(), field.value()}) {
            if (is_sound_text({text.data(), text.size()})) continue;
            throw Broken{"a field is accepted that contains control characters"};
        }
    }
}

/// Returns all requests and the refusal at their end, as text.
std::string read(const std::vector<std::string_view>& pieces) {
    RequestReader reader;
    std::string all;
    for (std::string_view piece : pieces) {
        while (!piece.empty()) {
            const auto space = reader.space();
            if (space.empty()) throw Broken{"there is no space for the next bytes"};
            const std::size_t count = std::min(space.size(), piece.size());
            std::copy_n(piece.data(), count, space.data());
            reader.add(count);
            piece.remove_prefix(count);
            while (const auto result = reader.next()) {
                if (result->refusal) {
                    check_answer(site.refuse(*result->refusal));
                    return all + std::to_string(static_cast<int>(*result->refusal));
                }
                check_request(result->request);
                all += described(result->request);
            }
        }
    }
    return all;
}

}  // namespace

void check_requests(std::string_view input) {
    // The parser may find a mistake before the head is complete or only then, so all are completed.
    const std::string completed = std::string{input} + "\r\n\r\n";
    const std::string whole = read({completed});
    for (const std::size_t longest : {1U, 7U, 300U}) {
        if (read(in_pieces(completed, longest)) != whole) {
            throw Broken{"a different split gives different requests"};
        }
    }
}

}  // namespace belfry::fuzz
