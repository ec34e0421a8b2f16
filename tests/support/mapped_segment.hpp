#pragma once

#include "shm/layout.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/server.hpp"

#include <sys/shm.h>

#include <cstddef>
#include <cstdint>

namespace belfry::test {

/// Maps the segment of a server into the test, so that the test can change it.
class MappedSegment {
  public:
    explicit MappedSegment(const Server& server)
        : address_{::shmat(server.segment().value().shmid, nullptr, 0)} {
        if (address_ == reinterpret_cast<void*>(-1)) throw system_failure("shmat");
    }
    MappedSegment(const MappedSegment&) = delete;
    MappedSegment& operator=(const MappedSegment&) = delete;
    ~MappedSegment() { ::shmdt(address_); }

    [[nodiscard]] shm::Prefix& prefix() const { return *at<shm::Prefix>(0); }
    [[nodiscard]] shm::Geometry& geometry() const {
        return *at<shm::Geometry>(prefix().body_offset);
    }
    [[nodiscard]] shm::LogHeader& log() const { return *at<shm::LogHeader>(geometry().log_offset); }
    [[nodiscard]] shm::ServerBlock& server() const {
        return *at<shm::ServerBlock>(geometry().server_offset);
    }
    [[nodiscard]] shm::ProcessEntry& process(std::size_t entry) const {
        return at<shm::ProcessEntry>(prefix().processes_offset)[entry];
    }

  private:
    template <class T>
    [[nodiscard]] T* at(std::uint64_t offset) const {
        return reinterpret_cast<T*>(static_cast<char*>(address_) + offset);
    }

    void* address_;
};

}  // namespace belfry::test
