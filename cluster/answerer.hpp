#pragma once

#include "cluster/engine.hpp"
#include "cluster/stored_log.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

namespace belfry::cluster {

/// Answers the questions of `belfryctl check --cluster`: puts the hash of messages of this node's
/// database under `ask/ID/NODE` for each key `ask/ID`. It runs in a thread of its own, because
/// reading many messages takes time.
class Answerer {
  public:
    Answerer(Engine& engine, std::filesystem::path data_dir, std::string node,
             const StoredLog& stored);

    /// Answers until the thread is to stop.
    void run(const std::stop_token& stop);

    /// Looks for questions, because a key below `ask/` has changed. Any thread may call it.
    void look_now();

    /// Answers all questions that this node has not answered yet.
    void answer_all();

  private:
    [[nodiscard]] std::string answer_to(std::string_view question) const;

    Engine* engine_;
    std::filesystem::path data_dir_;
    std::string node_;
    const StoredLog* stored_;
    std::mutex mutex_;
    std::condition_variable_any asked_;
    bool is_to_look_ = true;  ///< once at the beginning
};

}  // namespace belfry::cluster
