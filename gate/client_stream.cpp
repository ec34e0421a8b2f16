#include "gate/client_stream.hpp"

#include <string.h>

#include <boost/asio/error.hpp>

#include <algorithm>

namespace belfry::gate {
namespace {

std::variant<PlainStream, TlsStream> make_stream(ClientStream::Socket socket, SSL_CTX* context) {
    if (context == nullptr) return PlainStream{std::move(socket)};
    return TlsStream{std::move(socket), context};
}

void wipe(std::span<iovec> parts) noexcept {
    for (const iovec& part : parts) ::explicit_bzero(part.iov_base, part.iov_len);
}

}  // namespace

ClientStream::ClientStream(Socket socket, SSL_CTX* context)
    : stream_{make_stream(std::move(socket), context)} {}

ClientStream::Socket& ClientStream::socket() noexcept {
    return std::visit([](auto& stream) -> Socket& { return stream.socket(); }, stream_);
}

ClientStream::error_code ClientStream::error_of(Outcome outcome) {
    if (outcome == Outcome::done) return {};
    if (outcome == Outcome::closed) return boost::asio::error::eof;
    return boost::asio::error::connection_reset;
}

Step ClientStream::read(Parts& parts) {
    if (!unread_.empty()) return read_unread(parts.span());
    Step step{Outcome::must_read};
    if (std::exchange(is_readable_, true)) step = read_all(parts.span());
    if (step.outcome == Outcome::must_read) wipe(parts.span());
    bytes_read_ += step.count;
    return step;
}

/// Fills the parts in turn, as long as there is more.
Step ClientStream::read_all(std::span<iovec> parts) noexcept {
    Step all{Outcome::done};
    for (const iovec& part : parts) {
        const Step step = std::visit(
            [&](auto& stream) {
                const Step read = stream.read(static_cast<char*>(part.iov_base), part.iov_len);
                is_readable_ = read.outcome != Outcome::done || stream.has_more();
                return read;
            },
            stream_);
        if (step.outcome != Outcome::done) return all.count > 0 ? all : step;
        all.count += step.count;
        if (!is_readable_) break;
    }
    return all;
}

Step ClientStream::read_unread(std::span<iovec> parts) noexcept {
    const iovec& first = parts.front();
    const std::size_t count = std::min(first.iov_len, unread_.size());
    unread_.copy(static_cast<char*>(first.iov_base), count);
    ::explicit_bzero(unread_.data(), count);
    unread_.erase(0, count);
    return {Outcome::done, count};
}

/// Writes the parts together. Those of TLS are copied into one record, of which several parts
/// rarely have more than one.
Step ClientStream::write(Parts& parts) {
    if (auto* const plain = std::get_if<PlainStream>(&stream_)) return plain->write(parts.span());
    TlsStream& tls = *this->tls();
    if (parts.count == 1) {
        return tls.write(static_cast<const char*>(parts.all[0].iov_base), parts.all[0].iov_len);
    }
    joined_.clear();
    for (const iovec& part : parts.span()) {
        const std::size_t room = SSL3_RT_MAX_PLAIN_LENGTH - joined_.size();
        joined_.append(static_cast<const char*>(part.iov_base), std::min(part.iov_len, room));
    }
    return tls.write(joined_.data(), joined_.size());
}

Step ClientStream::close(Parts&) {
    return std::visit([](auto& stream) { return stream.close(); }, stream_);
}

}  // namespace belfry::gate
