#include "gate/common_name.hpp"

namespace belfry::gate {
namespace {

/// Returns the text as UTF-8. Empty if it has no such form.
std::string text_of(const ASN1_STRING* string) {
    unsigned char* bytes = nullptr;
    const int size = ::ASN1_STRING_to_UTF8(&bytes, string);
    if (size < 0) return {};
    std::string text{reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
    ::OPENSSL_free(bytes);
    return text;
}

}  // namespace

std::string verified_common_name(const SSL* connection) {
    X509* const certificate = ::SSL_get0_peer_certificate(connection);
    if (certificate == nullptr || ::SSL_get_verify_result(connection) != X509_V_OK) return {};
    const X509_NAME* const subject = ::X509_get_subject_name(certificate);
    const int at = ::X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || ::X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return {};
    return text_of(::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(subject, at)));
}

}  // namespace belfry::gate
