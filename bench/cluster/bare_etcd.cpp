#include "bench/cluster/bare_etcd.hpp"

#include "base/random.hpp"
#include "tests/support/failure.hpp"

#include <algorithm>
#include <utility>

namespace belfry::bench {
namespace {

/// Throws what an engine says about a failure.
template <class T>
T done(cluster::Answer<T> answer) {
    if (!answer) throw test::Failure(answer.failure().text);
    return std::move(*answer);
}

}  // namespace

std::unique_ptr<cluster::Engine> bare_engine(std::vector<std::string> urls) {
    cluster::EngineOptions options;
    options.urls = std::move(urls);
    options.cluster = "bare";
    return cluster::make_etcd_engine(options);
}

KeyWriter::KeyWriter(std::vector<std::string> urls, std::size_t bytes)
    : engine_{bare_engine(std::move(urls))},
      value_(bytes, 'x'),
      fence_{"writer", "1", std::string{settings}},
      incarnation_{base::random_value<std::uint64_t>()} {
    static_cast<void>(done(engine_->put("settings", settings)));
    static_cast<void>(done(engine_->put("alive/writer", "1")));
}

void KeyWriter::create(std::string_view value) {
    const auto begin = Clock::now();
    while (true) {
        check_interrupt();
        const auto answer = engine_->create_batch(incarnation_, position_, value, fence_);
        if (answer) break;
        if (answer.failure().error != cluster::EngineError::no_answer) {
            throw test::Failure(answer.failure().text);
        }
    }
    ++position_;
    longest_ = std::max<Seconds>(longest_, Clock::now() - begin);
}

double KeyWriter::rate_over(Seconds duration) {
    const auto begin = Clock::now();
    std::uint64_t created = 0;
    while (Clock::now() - begin < duration) {
        create(value_);
        ++created;
    }
    return static_cast<double>(created) / Seconds{Clock::now() - begin}.count();
}

}  // namespace belfry::bench
