#pragma once

#include "cluster/engine.hpp"

#include <cluster/etcd.pb.h>
#include <string>
#include <vector>

namespace belfry::cluster {

/// Makes News of the responses of a watch. A response may end in the middle of a revision; the rest
/// then comes with the next one.
class NewsDecoder {
  public:
    /// @param prefix that of the cluster's keys
    /// @param after the revision up to which everything has been received
    NewsDecoder(std::string prefix, Revision after)
        : prefix_{std::move(prefix)}, last_{after}, taken_{after} {}

    /// Adds the events of a response. @return false if no etcd can have sent them
    [[nodiscard]] bool add(etcdserverpb::WatchResponse& response);

    /// Tells whether there are events, and all of them are complete.
    [[nodiscard]] bool is_ready() const { return !events_.empty() && !is_divided_; }

    /// Returns the size of the events that were not taken.
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

    /// Takes what is complete. Its revision is 0 if there is nothing.
    [[nodiscard]] News take();

  private:
    void append(etcdserverpb::Event& event, News& news) const;

    std::string prefix_;
    std::vector<etcdserverpb::Event> events_;  ///< not taken yet
    std::size_t bytes_ = 0;                    ///< of the events
    Revision last_;                            ///< of the last event
    Revision taken_;                           ///< up to which everything was taken
    bool is_divided_ = false;                  ///< more events of `last_` follow
};

}  // namespace belfry::cluster
