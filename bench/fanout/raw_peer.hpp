#pragma once

#include "bench/support/line_splitter.hpp"
#include "bench/support/peer.hpp"
#include "tests/support/process.hpp"

namespace belfry::bench {

/// A server that writes the same bytes as Belfry to all subscribers, and does nothing else. It
/// shows what the machine allows. It is told once how many messages a run has.
class RawPeer : public Peer {
  public:
    enum class Kind {
        raw,   ///< one process for all subscribers
        relay  ///< one process for each subscriber
    };
    explicit RawPeer(Kind kind);

    [[nodiscard]] std::uint16_t port() const override { return port_; }
    [[nodiscard]] pid_t leader() const override { return process_.pid(); }
    void subscribe(const Connection& connection, std::size_t index) override;
    void introduce(const Connection& connection) override;
    std::uint64_t print(std::string& out, std::uint64_t count, std::string_view payload) override;
    std::uint64_t answered(std::string_view bytes) override;
    [[nodiscard]] std::uint64_t window(std::uint64_t asked) const override;

  private:
    [[nodiscard]] std::string_view server_name() const override {
        return kind_ == Kind::raw ? "raw" : "relay";
    }

    Kind kind_;
    test::Process process_;
    std::uint16_t port_ = 0;
    LineSplitter lines_;
};

}  // namespace belfry::bench
