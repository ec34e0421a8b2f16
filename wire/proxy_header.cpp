#include "wire/proxy_header.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace belfry::wire {
namespace {

using namespace std::string_view_literals;

// The names are those of the specification.
constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::uint8_t version_2_proxy = 0x21;
constexpr std::uint8_t tcp_over_ipv4 = 0x11;
constexpr std::uint8_t tcp_over_ipv6 = 0x21;
constexpr std::uint8_t type_ssl = 0x20;
constexpr std::uint8_t subtype_ssl_version = 0x21;
constexpr std::uint8_t subtype_ssl_cn = 0x22;
constexpr std::uint8_t subtype_ssl_cipher = 0x23;
constexpr std::uint8_t type_transport = 0xe0;
constexpr std::uint8_t client_ssl = 0x01;
constexpr std::uint8_t client_cert_connection = 0x02;
constexpr std::uint8_t client_cert_session = 0x04;
constexpr std::uint32_t verified = 0;
constexpr std::uint32_t not_verified = 1;

constexpr std::size_t ipv4_bytes = 4;
constexpr std::size_t ipv4_offset = base::Endpoint::Address{}.size() - ipv4_bytes;

constexpr auto tls_word = "tls"sv;
constexpr auto web_word = "web"sv;

bool is_printable(std::string_view text) noexcept {
    return text.size() <= max_proxy_text &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// --- Printing ---------------------------------------------------------------------------------

constexpr int bits_per_byte = 8;

/// Appends an integer in network byte order.
template <class Integer>
void append_number(std::string& out, Integer number) {
    for (int shift = bits_per_byte * (static_cast<int>(sizeof number) - 1); shift >= 0;
         shift -= bits_per_byte) {
        out.push_back(static_cast<char>(static_cast<std::uint8_t>(number >> shift)));
    }
}

void append_value(std::string& out, std::uint8_t type, std::string_view value) {
    append_number(out, type);
    append_number(out, static_cast<std::uint16_t>(value.size()));
    out += value;
}

void append_text(std::string& out, std::uint8_t type, std::string_view text) {
    if (!text.empty() && is_printable(text)) append_value(out, type, text);
}

void append_address(std::string& out, const base::Endpoint& endpoint, std::size_t offset) {
    out.append(reinterpret_cast<const char*>(endpoint.address.data()) + offset,
               endpoint.address.size() - offset);
}

void append_endpoints(std::string& out, const ProxyHeader& header, bool is_ipv4) {
    for (const auto* endpoint : {&header.peer, &header.local}) {
        append_address(out, *endpoint, is_ipv4 ? ipv4_offset : 0);
    }
    append_number(out, header.peer.port);
    append_number(out, header.local.port);
}

void append_tls(std::string& out, const ProxyTls& tls) {
    std::string names;
    append_text(names, subtype_ssl_version, tls.version);
    append_text(names, subtype_ssl_cipher, tls.cipher);
    const auto without_name = names.size();
    append_text(names, subtype_ssl_cn, tls.common_name);
    const bool named = names.size() > without_name;
    constexpr std::uint8_t with_certificate =
        client_ssl | client_cert_connection | client_cert_session;
    std::string value;
    append_number(value, named ? with_certificate : client_ssl);
    append_number(value, named ? verified : not_verified);
    append_value(out, type_ssl, value += names);
}

// --- Parsing ----------------------------------------------------------------------------------

/// Reads bytes from the front. If too few are left, the functions return zeros or nothing, and
/// is_sound() returns false from then on.
class Reader {
  public:
    explicit Reader(std::string_view bytes) noexcept : rest_{bytes} {}

    [[nodiscard]] std::string_view bytes(std::size_t count) noexcept {
        if (count > rest_.size()) {
            sound_ = false;
            return {};
        }
        const auto taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    /// Reads an integer in network byte order.
    template <class Integer>
    [[nodiscard]] Integer number() noexcept {
        std::uint64_t value = 0;
        for (const char c : bytes(sizeof(Integer))) {
            value = value << bits_per_byte | static_cast<std::uint8_t>(c);
        }
        return static_cast<Integer>(value);
    }

    [[nodiscard]] bool is_sound() const noexcept { return sound_; }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty() || !sound_; }

  private:
    std::string_view rest_;
    bool sound_ = true;
};

struct Value {
    std::uint8_t type;
    std::string_view bytes;
};

Value next_value(Reader& reader) noexcept {
    const auto type = reader.number<std::uint8_t>();
    const auto size = reader.number<std::uint16_t>();
    return {type, reader.bytes(size)};
}

void set_address(base::Endpoint& endpoint, std::string_view bytes) noexcept {
    if (bytes.size() == ipv4_bytes) {
        endpoint.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    }
    std::ranges::copy(bytes, endpoint.address.end() - static_cast<std::ptrdiff_t>(bytes.size()));
}

void read_endpoints(Reader& reader, std::size_t address_bytes, ProxyHeader& header) noexcept {
    for (auto* endpoint : {&header.peer, &header.local}) {
        set_address(*endpoint, reader.bytes(address_bytes));
    }
    header.peer.port = reader.number<std::uint16_t>();
    header.local.port = reader.number<std::uint16_t>();
}

std::optional<ProxyTls> tls_in(std::string_view bytes) noexcept {
    Reader reader{bytes};
    const auto client = reader.number<std::uint8_t>();
    const bool is_verified = reader.number<std::uint32_t>() == verified;
    ProxyTls tls;
    while (!reader.at_end()) {
        const Value value = next_value(reader);
        if (!is_printable(value.bytes)) return {};
        if (value.type == subtype_ssl_version) tls.version = value.bytes;
        if (value.type == subtype_ssl_cipher) tls.cipher = value.bytes;
        if (value.type == subtype_ssl_cn) tls.common_name = value.bytes;
    }
    if (!reader.is_sound() || (client & client_ssl) == 0) return {};
    if (!is_verified || (client & client_cert_session) == 0) tls.common_name = {};
    return tls;
}

std::optional<ProxyTransport> transport_in(std::string_view word) noexcept {
    if (word == tls_word) return ProxyTransport::tls;
    if (word == web_word) return ProxyTransport::web;
    return {};
}

/// Reads the values after the addresses. Those of an unknown type are ignored, as the
/// specification asks.
/// @return false unless they name a transport, and describe TLS if the transport is `tls`
bool read_values(Reader& reader, ProxyHeader& header) noexcept {
    std::optional<ProxyTransport> transport;
    while (!reader.at_end()) {
        const Value value = next_value(reader);
        if (value.type == type_transport) {
            if (!(transport = transport_in(value.bytes))) return false;
        } else if (value.type == type_ssl) {
            if (!(header.tls = tls_in(value.bytes))) return false;
        }
    }
    if (!transport || (*transport == ProxyTransport::tls && !header.tls)) return false;
    header.transport = *transport;
    return reader.is_sound();
}

}  // namespace

void print_proxy_header(std::string& out, const ProxyHeader& header) {
    const bool is_ipv4 = header.peer.is_ipv4() && header.local.is_ipv4();
    std::string rest;
    append_endpoints(rest, header, is_ipv4);
    if (header.tls) append_tls(rest, *header.tls);
    append_value(rest, type_transport,
                 header.transport == ProxyTransport::tls ? tls_word : web_word);
    out += signature;
    append_number(out, version_2_proxy);
    append_number(out, is_ipv4 ? tcp_over_ipv4 : tcp_over_ipv6);
    append_number(out, static_cast<std::uint16_t>(rest.size()));
    out += rest;
}

std::optional<ProxyHeaderStep> parse_proxy_header(std::string_view bytes) noexcept {
    Reader front{bytes.substr(0, max_proxy_header)};
    if (front.bytes(signature.size()) != signature) return {};
    if (front.number<std::uint8_t>() != version_2_proxy) return {};
    const auto family = front.number<std::uint8_t>();
    if (family != tcp_over_ipv4 && family != tcp_over_ipv6) return {};
    const auto size = front.number<std::uint16_t>();
    Reader rest{front.bytes(size)};
    if (!front.is_sound()) return {};

    ProxyHeaderStep step{};
    const auto whole_address = step.header.peer.address.size();
    read_endpoints(rest, family == tcp_over_ipv4 ? ipv4_bytes : whole_address, step.header);
    if (!rest.is_sound() || !read_values(rest, step.header)) return {};
    constexpr std::size_t front_bytes = signature.size() + 4;
    step.consumed = front_bytes + size;
    return step;
}

}  // namespace belfry::wire
