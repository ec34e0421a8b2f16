#include "gate/forwarded_for.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::gate {
namespace {

/// Returns the address that a request with these fields names.
std::string named_by(const std::vector<std::string>& fields) {
    HttpRequest request;
    for (const std::string& value : fields) request.insert("X-Forwarded-For", value);
    const auto peer = forwarded_for(request);
    return peer ? address_text(*peer) : "nobody";
}

TEST(ForwardedFor, IsTheLastAddressOfTheLastField) {
    EXPECT_EQ(named_by({"192.0.2.7"}), "192.0.2.7");
    EXPECT_EQ(named_by({"198.51.100.1,192.0.2.7"}), "192.0.2.7");
    EXPECT_EQ(named_by({"198.51.100.1, \t192.0.2.7 "}), "192.0.2.7");
    EXPECT_EQ(named_by({"198.51.100.1", "2001:DB8:0::7"}), "2001:db8::7");
}

TEST(ForwardedFor, IsNobodyIfTheLastOneIsNoAddress) {
    EXPECT_EQ(named_by({}), "nobody");
    for (const char* const value :
         {"", ",", "192.0.2.7,", "unknown", "_hidden", "192.0.2.7, unknown", "192.0.2.7:80",
          "192.0.2.7 x", "256.0.0.1"}) {
        EXPECT_EQ(named_by({value}), "nobody") << value;
    }
    EXPECT_EQ(named_by({"192.0.2.7", ""}), "nobody");
}

}  // namespace
}  // namespace belfry::gate
