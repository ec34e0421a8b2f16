#include "tests/fuzz/check.hpp"
#include "wire/proxy_header.hpp"

namespace belfry::fuzz {
namespace {

using wire::ProxyHeader;

bool is_within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

std::string described(const ProxyHeader& header) {
    std::string text = base::to_string(header.peer) + ' ' + base::to_string(header.local);
    text += header.transport == wire::ProxyTransport::tls ? " tls" : " web";
    if (!header.tls) return text;
    for (const auto part : {header.tls->version, header.tls->cipher, header.tls->common_name}) {
        (text += " \"").append(part) += '"';
    }
    return text;
}

void check_print(const ProxyHeader& header) {
    std::string printed;
    wire::print_proxy_header(printed, header);
    if (printed.size() > wire::max_proxy_header) throw Broken{"a printed header is too long"};
    const auto step = wire::parse_proxy_header(printed);
    if (!step || step->consumed != printed.size() || described(step->header) != described(header)) {
        throw Broken{"the header differs when printed and parsed again: " + described(header)};
    }
}

}  // namespace

void check_proxy_header(std::string_view input) {
    const auto step = wire::parse_proxy_header(input);
    if (!step) return;
    if (step->consumed > input.size() || step->consumed > wire::max_proxy_header) {
        throw Broken{"more bytes are consumed than there are"};
    }
    const auto bytes = input.substr(0, step->consumed);
    if (wire::parse_proxy_header(bytes.substr(0, bytes.size() - 1))) {
        throw Broken{"a torn header is parsed"};
    }
    if (const auto& tls = step->header.tls) {
        for (const auto text : {tls->version, tls->cipher, tls->common_name}) {
            if (!is_within(text, bytes)) throw Broken{"a text lies outside the header"};
        }
    }
    check_print(step->header);
}

}  // namespace belfry::fuzz
