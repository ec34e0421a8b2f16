#include "wire/proxy_header.hpp"

#include <arpa/inet.h>

#include <gtest/gtest.h>

#include <string>

namespace belfry::wire {
namespace {

using namespace std::string_literals;

base::Endpoint endpoint(const char* address, std::uint16_t port) {
    base::Endpoint result;
    EXPECT_EQ(::inet_pton(AF_INET6, address, result.address.data()), 1) << address;
    result.port = port;
    return result;
}

ProxyHeader tls_header() {
    return {.peer = endpoint("::ffff:192.0.2.7", 40'000),
            .local = endpoint("::ffff:192.0.2.1", 5001),
            .transport = ProxyTransport::tls,
            .tls = ProxyTls{"TLSv1.3", "TLS_AES_256_GCM_SHA384", "ann"}};
}

std::string printed(const ProxyHeader& header) {
    std::string bytes;
    print_proxy_header(bytes, header);
    return bytes;
}

/// Returns a header that has the bytes behind its length.
std::string header_of(std::string_view rest, const std::string& command = "\x21\x11"s) {
    std::string bytes = "\r\n\r\n\0\r\nQUIT\n"s + command;
    bytes += static_cast<char>(static_cast<unsigned char>(rest.size() >> 8U));
    bytes += static_cast<char>(static_cast<unsigned char>(rest.size()));
    return bytes.append(rest);
}

const std::string ipv4_addresses = "\xc0\0\2\7\xc0\0\2\1\x9c\x40\x13\x89"s;
const std::string plain_ssl = "\x20\0\x05\x01\0\0\0\x01"s;
const std::string tls_transport = "\xe0\0\3tls"s;

TEST(ProxyHeader, HasTheBytesOfTheSpecification) {
    ProxyHeader header = tls_header();
    header.tls->cipher = "C";
    EXPECT_EQ(
        printed(header),
        header_of(ipv4_addresses + "\x20\0\x19\x07\0\0\0\0\x21\0\7TLSv1.3\x23\0\1C\x22\0\3ann"s +
                  tls_transport));
}

TEST(ProxyHeader, IsParsedToWhatWasPrinted) {
    for (const char* address : {"::ffff:192.0.2.7", "2001:db8::7", "::"}) {
        ProxyHeader header = tls_header();
        header.peer = endpoint(address, 65'535);
        const std::string bytes = printed(header);
        const std::string received = bytes + "LOGIN ann\r\n";  // the views point into it
        const auto step = parse_proxy_header(received);
        ASSERT_TRUE(step) << address;
        EXPECT_EQ(step->consumed, bytes.size());
        EXPECT_EQ(step->header.peer, header.peer);
        EXPECT_EQ(step->header.local, header.local);
        EXPECT_EQ(step->header.transport, ProxyTransport::tls);
        EXPECT_EQ(step->header.tls->version, "TLSv1.3");
        EXPECT_EQ(step->header.tls->cipher, "TLS_AES_256_GCM_SHA384");
        EXPECT_EQ(step->header.tls->common_name, "ann");
    }
}

TEST(ProxyHeader, OfTheWebMayBeWithoutTls) {
    ProxyHeader header = tls_header();
    header.transport = ProxyTransport::web;
    header.tls.reset();
    const auto step = parse_proxy_header(printed(header));
    ASSERT_TRUE(step);
    EXPECT_EQ(step->header.transport, ProxyTransport::web);
    EXPECT_FALSE(step->header.tls);
    header.transport = ProxyTransport::tls;
    EXPECT_FALSE(parse_proxy_header(printed(header)));
}

TEST(ProxyHeader, ThatIsTornIsNone) {
    const std::string bytes = printed(tls_header());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(parse_proxy_header(bytes.substr(0, size))) << size;
    }
    // The values end within the header, too.
    const std::string values = ipv4_addresses + plain_ssl + tls_transport;
    for (std::size_t size = 0; size < values.size(); ++size) {
        EXPECT_FALSE(parse_proxy_header(header_of(values.substr(0, size)))) << size;
    }
    EXPECT_TRUE(parse_proxy_header(header_of(values)));
}

TEST(ProxyHeader, OfVersion1OrOfAnotherCommandIsNone) {
    const std::string values = ipv4_addresses + plain_ssl + tls_transport;
    EXPECT_FALSE(parse_proxy_header("PROXY TCP4 192.0.2.7 192.0.2.1 40000 5001\r\n"));
    EXPECT_FALSE(parse_proxy_header("LOGIN ann\r\n"));
    for (const auto& command : {"\x11\x11"s, "\x31\x11"s, "\x20\0"s, "\x20\x11"s, "\x22\x11"s,
                                "\x21\0"s, "\x21\x12"s, "\x21\x31"s}) {
        EXPECT_FALSE(parse_proxy_header(header_of(values, command)));
    }
}

TEST(ProxyHeader, ThatIsTooLongIsNone) {
    const std::string values = ipv4_addresses + plain_ssl + tls_transport;
    const auto padded_to = [&](std::size_t bytes) {
        const std::size_t padding = bytes - header_of(values).size() - 3;
        std::string noop = "\x04"s;
        noop += static_cast<char>(static_cast<unsigned char>(padding >> 8U));
        noop += static_cast<char>(static_cast<unsigned char>(padding));
        return header_of(values + noop + std::string(padding, '\0'));
    };
    ASSERT_EQ(padded_to(max_proxy_header).size(), max_proxy_header);
    EXPECT_TRUE(parse_proxy_header(padded_to(max_proxy_header)));
    EXPECT_FALSE(parse_proxy_header(padded_to(max_proxy_header + 1)));
    EXPECT_FALSE(parse_proxy_header(padded_to(4096)));
}

TEST(ProxyHeader, NamesACertificateOnlyIfItWasVerified) {
    const auto name_with = [](const std::string& client_and_verify) {
        const auto bytes = header_of(ipv4_addresses + "\x20\0\x0b"s + client_and_verify +
                                     "\x22\0\3ann"s + tls_transport);
        const auto step = parse_proxy_header(bytes);
        EXPECT_TRUE(step && step->header.tls);
        return step ? std::string{step->header.tls->common_name} : "?";
    };
    EXPECT_EQ(name_with("\x07\0\0\0\0"s), "ann");
    EXPECT_EQ(name_with("\x07\0\0\0\x01"s), "");
    EXPECT_EQ(name_with("\x07\x01\0\0\0"s), "");
    EXPECT_EQ(name_with("\x01\0\0\0\0"s), "");
}

TEST(ProxyHeader, LeavesTextsOutThatAreTooLongOrNotPrintable) {
    ProxyHeader header = tls_header();
    for (const auto& name :
         {std::string(max_proxy_text + 1, 'x'), "a\nb"s, "a\0b"s, "\x1b[m"s, "j\xc3\xbcrg"s}) {
        header.tls->common_name = name;
        const auto bytes = printed(header);
        const auto step = parse_proxy_header(bytes);
        ASSERT_TRUE(step);
        EXPECT_EQ(step->header.tls->common_name, "");
        EXPECT_EQ(step->header.tls->version, "TLSv1.3");
    }
    header.tls = ProxyTls{std::string_view{}, std::string_view{}, std::string_view{}};
    const std::string longest(max_proxy_text, '~');
    header.tls->version = header.tls->cipher = header.tls->common_name = longest;
    header.peer = endpoint("2001:db8::7", 1);
    const auto bytes = printed(header);
    EXPECT_LE(bytes.size(), max_proxy_header);
    EXPECT_EQ(parse_proxy_header(bytes)->header.tls->common_name, longest);
}

TEST(ProxyHeader, WithATextThatIsNotPrintableIsNone) {
    for (const auto& name : {"a\nb"s, "a\0b"s, "\xff\xff\xff"s}) {
        EXPECT_FALSE(parse_proxy_header(
            header_of(ipv4_addresses + "\x20\0\x0b\x07\0\0\0\0\x22\0\3"s + name + tls_transport)));
    }
}

TEST(ProxyHeader, OfAnUnknownTransportIsNone) {
    EXPECT_FALSE(parse_proxy_header(header_of(ipv4_addresses + plain_ssl + "\xe0\0\3irc"s)));
    EXPECT_FALSE(parse_proxy_header(header_of(ipv4_addresses + plain_ssl)));
}

}  // namespace
}  // namespace belfry::wire
