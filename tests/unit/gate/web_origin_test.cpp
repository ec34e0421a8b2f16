#include "gate/web_origin.hpp"

#include <gtest/gtest.h>

#include <openssl/x509v3.h>
#include <string>

namespace belfry::gate {
namespace {

/// Makes a certificate with these names, which nobody has signed.
UniqueCertificate certificate_for(const std::string& common_name, const std::string& names) {
    UniqueCertificate certificate{::X509_new()};
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                                 -1, 0);
    X509_EXTENSION* const extension =
        ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    ::X509_add_ext(certificate.get(), extension, -1);
    ::X509_EXTENSION_free(extension);
    return certificate;
}

TEST(OwnHosts, AreAddressesAndLocalhost) {
    const WebOrigins origins{false, {}};
    for (const char* const host : {"127.0.0.1", "192.0.2.7:8080", "[::1]", "[2001:db8::7]:8080",
                                   "localhost", "LOCALHOST:8080"}) {
        const auto own = origins.origin_of(host);
        ASSERT_TRUE(own) << host;
        EXPECT_TRUE(origins.is_own(*own, nullptr)) << host;
    }
    for (const char* const host :
         {"example.com", "1.2.3", "1.2.3.4.5", "127.1", "0x7f.1", "a.localhost", "localhost."}) {
        const auto own = origins.origin_of(host);
        ASSERT_TRUE(own) << host;
        EXPECT_FALSE(origins.is_own(*own, nullptr)) << host;
    }
}

TEST(OwnHosts, AreNotMalformed) {
    const WebOrigins origins{true, {}};
    for (const char* const host :
         {"", ":80", "a b", "a/", "a/b", "user@a", "a:b", "a:0", "a:65536", "a:80:80", "[::1",
          "::1", "[a]", "[127.0.0.1]", "a\"b", "http://a", ".a", "a,b", "[::1]x"}) {
        EXPECT_FALSE(origins.origin_of(host)) << host;
    }
}

TEST(OwnHosts, AreTheNamesOfTheCertificateButNotItsCommonName) {
    const WebOrigins origins{true, {}};
    const auto certificate =
        certificate_for("common.example", "DNS:chat.example.com, DNS:*.example.org");
    const auto is_own = [&](const std::string& host) {
        return origins.is_own(*origins.origin_of(host), certificate.get());
    };
    EXPECT_TRUE(is_own("chat.example.com"));
    EXPECT_TRUE(is_own("CHAT.example.COM:8443"));
    EXPECT_TRUE(is_own("a.example.org"));
    EXPECT_FALSE(is_own("example.org"));
    EXPECT_FALSE(is_own("a.b.example.org"));
    EXPECT_FALSE(is_own("example.com"));
    EXPECT_FALSE(is_own("xchat.example.com"));
    EXPECT_FALSE(is_own("common.example"));
    EXPECT_FALSE(origins.origin_of("*.example.org"));
    const auto addresses = certificate_for("common.example", "IP:127.0.0.1");
    EXPECT_FALSE(origins.is_own(*origins.origin_of("common.example"), addresses.get()));
}

TEST(OwnHosts, AreThoseOfListedOrigins) {
    const WebOrigins origins{false, {"https://chat.example.com", "http://[2001:db8::7]:8080"}};
    EXPECT_TRUE(origins.is_own(*origins.origin_of("chat.example.com"), nullptr));
    EXPECT_TRUE(origins.is_own(*origins.origin_of("chat.example.com:9"), nullptr));
    EXPECT_FALSE(origins.is_own(*origins.origin_of("example.com"), nullptr));
}

TEST(Pages, ConnectFromTheSameSchemeHostAndPort) {
    const WebOrigins plain{false, {}};
    const auto own = plain.origin_of("localhost:8080");
    ASSERT_TRUE(own);
    EXPECT_TRUE(plain.may_connect("http://localhost:8080", *own));
    for (const char* const other : {"http://localhost", "https://localhost:8080", "null", "",
                                    "http://127.0.0.1:8080", "localhost:8080"}) {
        EXPECT_FALSE(plain.may_connect(other, *own)) << other;
    }
    const WebOrigins encrypted{true, {}};
    EXPECT_TRUE(encrypted.may_connect("https://a", *encrypted.origin_of("a:443")));
    EXPECT_FALSE(encrypted.may_connect("http://a", *encrypted.origin_of("a")));
}

TEST(Pages, ConnectFromListedOrigins) {
    const WebOrigins origins{false, {"https://chat.example.com"}};
    EXPECT_TRUE(origins.may_connect("https://chat.example.com", "http://127.0.0.1"));
    EXPECT_FALSE(origins.may_connect("http://chat.example.com", "http://127.0.0.1"));
    EXPECT_FALSE(origins.may_connect("https://chat.example.com:444", "http://127.0.0.1"));
}

}  // namespace
}  // namespace belfry::gate
