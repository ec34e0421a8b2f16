#pragma once

#include "base/page_buffer.hpp"
#include "gate/stream_step.hpp"

#include <string.h>

#include <boost/asio/post.hpp>
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

    /// What happens to bytes that were written.
    enum class Wipe { no, yes };

    /// @param ended called once, from the event loop; the object must still exist then
    Copy(Source& source, Target& target, std::size_t buffer, Wipe wipe, Handler ended)
        : source_{&source},
          target_{&target},
          buffer_{buffer},
          wipe_{wipe},
          ended_{std::move(ended)} {}
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    ~Copy() = default;

    /// Copies what can be copied, and waits for more.
    void go_on() {
        for (int turn = 0; turn < max_turns; ++turn) {
            const bool is_writing = written_ != read_;
            const Step step = is_writing
                                  ? target_->write(buffer_.data() + written_, read_ - written_)
                                  : source_->read(buffer_.data(), buffer_.size());
            if (step.outcome != Outcome::done) return stop_at(step.outcome, is_writing);
            if (is_writing) {
                written_ += step.count;
                if (written_ != read_) continue;
                if (wipe_ == Wipe::yes) ::explicit_bzero(buffer_.data(), read_);
                if (!source_->has_more()) return source_->wait(Outcome::must_read, resume());
            } else {
                written_ = 0;
                read_ = step.count;
            }
        }
        boost::asio::post(source_->socket().get_executor(), [this] { go_on(); });
    }

  private:
    /// How many steps follow each other before the other direction has its turn.
    static constexpr int max_turns = 16;

    void stop_at(Outcome outcome, bool is_writing) {
        if (outcome == Outcome::must_read || outcome == Outcome::must_write) {
            return is_writing ? target_->wait(outcome, resume()) : source_->wait(outcome, resume());
        }
        if (is_writing) return ended_(End::target_failed);
        ended_(outcome == Outcome::closed ? End::source_closed : End::source_failed);
    }

    /// Returns a handler that goes on, unless the wait was cancelled.
    [[nodiscard]] auto resume() {
        return [this](const boost::system::error_code& error) {
            if (!error) go_on();
        };
    }

    Source* source_;
    Target* target_;
    base::PageBuffer buffer_;
    Wipe wipe_;
    std::size_t written_ = 0;  ///< of the bytes in the buffer
    std::size_t read_ = 0;     ///< how many bytes are in the buffer
    Handler ended_;
};

}  // namespace belfry::gate
