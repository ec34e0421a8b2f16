#include "server/past_reader.hpp"

#include "server/report.hpp"
#include "store/store_error.hpp"

#include <string>

namespace belfry::server {

PastReader::Page PastReader::read(std::uint64_t from, std::uint64_t to,
                                  const store::StoreReader::Take& take) {
    if (!segment_->has_store()) return {from, to};
    try {
        const Page page = read_store(from, to, take);
        failing_ = false;
        return page;
    } catch (const store::StoreError& error) {
        fail(error);
        return {from};
    }
}

PastReader::Page PastReader::read_store(std::uint64_t from, std::uint64_t to,
                                        const store::StoreReader::Take& take) {
    if (!reader_) reader_.emplace(*data_dir_);
    const std::uint64_t next = reader_->read(from, to, take);
    if (next != from) return {next};
    const std::uint64_t readable = reader_->next_readable(from, to);
    if (readable == from) return {from};
    const std::uint64_t first = reader_->first_id();
    if (first != 0 && from >= first) {
        report(LogLevel::warning, "the store: the messages " + std::to_string(from) + " to " +
                                      std::to_string(readable - 1) + " cannot be read");
    }
    return {from, readable - 1};
}

/// Says it once.
void PastReader::fail(const store::StoreError& error) {
    reader_.reset();
    if (!failing_) report(LogLevel::warning, std::string{"cannot read: "} + error.what());
    failing_ = true;
}

}  // namespace belfry::server
