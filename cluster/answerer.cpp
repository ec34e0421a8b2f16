#include "cluster/answerer.hpp"

#include "cluster/log_hash.hpp"
#include "cluster/log_question.hpp"
#include "daemon/logger.hpp"
#include "store/store_error.hpp"
#include "store/store_reader.hpp"

#include <algorithm>
#include <utility>

namespace belfry::cluster {
namespace {

constexpr std::string_view prefix = "ask/";

}  // namespace

Answerer::Answerer(Engine& engine, std::filesystem::path data_dir, std::string node,
                   const StoredLog& stored)
    : engine_{&engine}, data_dir_{std::move(data_dir)}, node_{std::move(node)}, stored_{&stored} {}

void Answerer::run(const std::stop_token& stop) {
    while (true) {
        {
            std::unique_lock guard{mutex_};
            if (!asked_.wait(guard, stop, [this] { return is_to_look_; })) return;
            is_to_look_ = false;
        }
        answer_all();
    }
}

void Answerer::look_now() {
    const std::scoped_lock guard{mutex_};
    is_to_look_ = true;
    asked_.notify_all();
}

void Answerer::answer_all() {
    const auto keys = engine_->read_all(prefix);
    if (!keys) return;
    for (const Value& question : keys->values) {
        const std::string_view id = std::string_view{question.key}.substr(prefix.size());
        if (id.find('/') != std::string_view::npos) continue;  // an answer
        const std::string key = question.key + '/' + node_;
        if (keys->find(key) != nullptr) continue;
        // The asker gives up after a while, if it gets no answer because this fails.
        static_cast<void>(engine_->put(key, answer_to(question.value), question.lease));
    }
}

std::string Answerer::answer_to(std::string_view question) const {
    std::string hash;
    try {
        store::StoreReader reader{data_dir_};
        if (const auto asked = parse_log_question(question))
            hash = hash_messages(reader, asked->first_id, asked->last_id).value_or("");
    } catch (const store::StoreError& error) {
        log_event(LogLevel::warning,
                  std::string{"cannot hash the messages for check --cluster: "} + error.what());
    }
    // Afterwards, because a message that is missing may have been deleted in the meantime.
    return LogAnswer{hash, stored_->first_id, stored_->last_id}.text();
}

}  // namespace belfry::cluster
