#include "shm/words.hpp"

#include <gtest/gtest.h>

namespace belfry::shm {
namespace {

TEST(Words, TheNameOfADurabilityFindsIt) {
    for (const auto durability : {Durability::memory, Durability::async, Durability::commit}) {
        EXPECT_EQ(durability_named(name_of(durability)), durability);
    }
    EXPECT_EQ(durability_named("none"), std::nullopt);
    EXPECT_EQ(name_of(Durability{0}), "unknown");
}

TEST(Words, EveryStoreStateHasAName) {
    for (const auto state : {StoreState::works, StoreState::fails, StoreState::drained}) {
        EXPECT_NE(name_of(state), "unknown");
    }
    EXPECT_EQ(name_of(StoreState{3}), "unknown");
}

TEST(Words, EveryReasonHasAName) {
    for (std::size_t reason = 0; reason < end_reasons; ++reason) {
        EXPECT_NE(name_of(static_cast<EndReason>(reason)), "unknown");
    }
    EXPECT_EQ(name_of(static_cast<EndReason>(77)), "unknown");
}

TEST(Words, EveryTransportHasAName) {
    EXPECT_EQ(name_of(Transport::tcp), "tcp");
    EXPECT_EQ(name_of(Transport::tls), "tls");
    EXPECT_EQ(name_of(Transport::web), "web");
    EXPECT_EQ(name_of(static_cast<Transport>(77)), "unknown");
}

}  // namespace
}  // namespace belfry::shm
