#include "cluster/etcd_news.hpp"

#include "cluster/etcd_keys.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace belfry::cluster {
namespace {

/// More than any transaction can change: by default, etcd takes requests of 1.5 MiB.
constexpr std::size_t max_held_bytes = std::size_t{64} * 1024 * 1024;

}  // namespace

bool NewsDecoder::add(etcdserverpb::WatchResponse& response) {
    for (etcdserverpb::Event& event : *response.mutable_events()) {
        const Revision revision = event.kv().mod_revision();
        if (revision <= taken_) continue;  // received before, from another server
        if (revision < last_ || !event.kv().key().starts_with(prefix_)) return false;
        last_ = revision;
        bytes_ += event.kv().value().size() + event.kv().key().size();
        events_.push_back(std::move(event));
    }
    is_divided_ = response.fragment();
    return bytes_ <= max_held_bytes;
}

News NewsDecoder::take() {
    // All events before the last revision are complete in any case.
    const Revision complete = is_divided_ ? last_ - 1 : last_;
    News news;
    const auto end = std::ranges::find_if(
        events_, [&](const auto& event) { return event.kv().mod_revision() > complete; });
    for (auto event = events_.begin(); event != end; ++event) {
        news.revision = event->kv().mod_revision();
        bytes_ -= event->kv().value().size() + event->kv().key().size();
        append(*event, news);
    }
    events_.erase(events_.begin(), end);
    taken_ = std::max(taken_, news.revision);
    return news;
}

void NewsDecoder::append(etcdserverpb::Event& event, News& news) const {
    etcdserverpb::KeyValue& pair = *event.mutable_kv();
    const std::string_view name = std::string_view{pair.key()}.substr(prefix_.size());
    const bool is_deleted = event.type() == etcdserverpb::Event::DELETE;
    if (!name.starts_with(log_folder)) {
        news.changes.push_back({std::string{name}, std::move(*pair.mutable_value()),
                                is_deleted ? 0 : pair.create_revision(), pair.mod_revision(),
                                pair.lease()});
        return;
    }
    // Batches are created once. Every node ignores a key that no node writes in this way.
    std::optional<BatchKey> key = parse_batch_name(name);
    if (is_deleted || !key || pair.create_revision() != pair.mod_revision()) return;
    key->revision = pair.mod_revision();
    news.batches.push_back({*key, std::move(*pair.mutable_value())});
}

}  // namespace belfry::cluster
