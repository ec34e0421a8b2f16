#pragma once

#include "base/page_buffer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <utility>

namespace belfry::gate {

/// Copies bytes from one stream to another. It reads only after everything before is written, so
/// that a target that takes nothing holds the source back, and its buffer is all that it needs.
template <class Source, class Target>
class Copy {
  public:
    enum class End {
        source_closed,  ///< all bytes of the source were written
        source_failed,
        target_failed,
    };
    using Handler = std::function<void(End)>;

    /// @param ended called once, from the event loop; the object must still exist then
    Copy(Source& source, Target& target, std::size_t buffer, Handler ended)
        : source_{&source}, target_{&target}, buffer_{buffer}, ended_{std::move(ended)} {}
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    ~Copy() = default;

    void read() {
        source_->async_read_some(
            boost::asio::buffer(buffer_.data(), buffer_.size()),
            [this](const boost::system::error_code& error, std::size_t count) {
                if (error) return ended_(is_end(error) ? End::source_closed : End::source_failed);
                write(count);
            });
    }

  private:
    /// Tells whether the source has closed. A client may close TCP without closing TLS before.
    static bool is_end(const boost::system::error_code& error) {
        return error == boost::asio::error::eof ||
               error == boost::asio::ssl::error::stream_truncated;
    }

    void write(std::size_t count) {
        boost::asio::async_write(*target_, boost::asio::buffer(buffer_.data(), count),
                                 [this](const boost::system::error_code& error, std::size_t) {
                                     if (error) return ended_(End::target_failed);
                                     read();
                                 });
    }

    Source* source_;
    Target* target_;
    base::PageBuffer buffer_;
    Handler ended_;
};

}  // namespace belfry::gate
