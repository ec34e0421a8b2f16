#include "client/questions.hpp"

#include "wire/print.hpp"

#include <utility>

namespace belfry::client {

void Questions::history(std::uint64_t first, std::uint64_t count, OnHistory completion) {
    Question question;
    question.on_history = std::move(completion);
    wire::print(question.command, wire::History{first, count});
    open_.push_back(std::move(question));
}

void Questions::who(OnUsers completion) {
    Question question;
    question.on_users = std::move(completion);
    wire::print(question.command, wire::Who{});
    open_.push_back(std::move(question));
}

void Questions::begin_session() {
    sent_ = 0;
    if (open_.empty()) return;
    // Only the first one can have a part of its answer.
    open_.front().history = {};
    open_.front().users.clear();
}

std::string Questions::take_commands() {
    std::string commands;
    for (; sent_ < open_.size(); ++sent_) commands += open_[sent_].command;
    return commands;
}

// What the server says without having been asked is ignored.
void Questions::past(const wire::Message& frame) {
    if (sent_ == 0 || !open_.front().on_history) return;
    open_.front().history.messages.push_back({.id = frame.id,
                                              .sender = std::string{frame.sender},
                                              .time = frame.time_ms,
                                              .payload = std::string{frame.payload}});
}

void Questions::user(const wire::User& frame) {
    if (sent_ == 0 || !open_.front().on_users) return;
    open_.front().users.push_back(
        {.id = std::string{frame.client_id}, .online = frame.online, .cursor = frame.cursor});
}

void Questions::end(const wire::End& frame) {
    if (sent_ == 0) return;
    Question question = take_front();
    question.history.first = frame.first_id;
    question.history.last = frame.last_id;
    if (question.on_history) question.on_history(std::move(question.history));
    if (question.on_users) question.on_users(std::move(question.users));
}

void Questions::fail(const Error& error) {
    if (open_.empty()) return;
    const Question question = take_front();
    if (question.on_history) question.on_history(error);
    if (question.on_users) question.on_users(error);
}

// The completions may ask again. Such questions are kept.
void Questions::fail_all(const Error& error) {
    for (std::size_t left = open_.size(); left > 0; --left) fail(error);
}

Questions::Question Questions::take_front() {
    Question question = std::move(open_.front());
    open_.pop_front();
    if (sent_ > 0) --sent_;
    return question;
}

}  // namespace belfry::client
