#include "bench/fanout/mosquitto_peer.hpp"

#include "tests/support/failure.hpp"

#include <array>

namespace belfry::bench {
namespace {

using namespace std::string_view_literals;

/// The types of packets, with the flags of their first byte.
constexpr unsigned char type_connect = 0x10;
constexpr unsigned char type_publish = 0x30;
constexpr unsigned char type_subscribe = 0x82;

constexpr std::string_view pingreq = "\xc0\0"sv;
constexpr std::string_view pingresp = "\xd0\0"sv;
constexpr std::string_view connack = "\x20\x02\0\0"sv;
constexpr std::string_view suback = "\x90\x03\0\x01\0"sv;

/// Returns a text with its length in two bytes.
std::string field(std::string_view text) {
    return std::string{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size())}.append(
        text);
}

/// Returns a packet. Its length is written in groups of seven bits.
std::string packet(unsigned char type, std::string_view body) {
    std::string text{static_cast<char>(type)};
    std::size_t length = body.size();
    for (; length >= 128; length /= 128) text += static_cast<char>(length % 128 + 128);
    text += static_cast<char>(length);
    return text.append(body);
}

/// Sends a packet, and waits for the answer.
void ask(const Connection& connection, std::string_view packet, std::string_view expected) {
    connection.send(packet);
    std::array<char, 64> buffer{};
    std::string answer;
    while (answer.size() < expected.size()) answer += connection.receive(buffer);
    if (answer != expected) throw test::Failure("unexpected answer of mosquitto");
}

/// Connects a client with a clean session, which it never has to show that it lives.
void log_in(const Connection& connection, std::string_view client_id) {
    constexpr std::string_view version_and_flags = "\x04\x02"sv;
    constexpr std::string_view no_keep_alive = "\0\0"sv;
    const std::string body =
        field("MQTT").append(version_and_flags).append(no_keep_alive).append(field(client_id));
    ask(connection, packet(type_connect, body), connack);
}

}  // namespace

void MosquittoPeer::subscribe(const Connection& connection, std::size_t index) {
    log_in(connection, "s" + std::to_string(index));
    constexpr std::string_view packet_id = "\0\x01"sv;
    constexpr std::string_view qos = "\0"sv;
    const std::string body = std::string{packet_id}.append(field("c")).append(qos);
    ask(connection, packet(type_subscribe, body), suback);
}

void MosquittoPeer::introduce(const Connection& connection) {
    log_in(connection, "publisher");
}

std::uint64_t MosquittoPeer::print(std::string& out, std::uint64_t count,
                                   std::string_view payload) {
    const std::string message = packet(type_publish, field("c").append(payload));
    for (std::uint64_t i = 0; i < count; ++i) out += message;
    out += pingreq;
    batches_.push_back(count);
    return count * message.size();
}

std::uint64_t MosquittoPeer::answered(std::string_view bytes) {
    std::uint64_t count = 0;
    for (answers_ += bytes; answers_.size() >= pingresp.size();
         answers_.erase(0, pingresp.size())) {
        if (!answers_.starts_with(pingresp) || batches_.empty()) {
            throw test::Failure("unexpected packet of mosquitto");
        }
        count += batches_.front();
        batches_.pop_front();
    }
    return count;
}

}  // namespace belfry::bench
