#include "client/server_list.hpp"

namespace belfry::client {

bool ServerList::fail(std::string_view why) {
    if (failed_ == 0) failures_.clear();
    if (failed_ != 0) failures_ += "; ";
    if (size() > 1) failures_ += current().host + " port " + current().port + ": ";
    failures_ += why;
    current_ = (current_ + 1) % size();
    failed_ = (failed_ + 1) % size();
    return failed_ != 0;
}

void ServerList::succeed() {
    failed_ = 0;
    failures_.clear();
}

}  // namespace belfry::client
