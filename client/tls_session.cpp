#include "client/tls_session.hpp"

#include <new>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace belfry::client {
namespace {

// The types of the records that a server may begin with.
constexpr char alert_record = 21;
constexpr char handshake_record = 22;

void expect_name(SSL* session, const std::string& name) {
    SSL_set_hostflags(session,
                      X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // Succeeds for an address only. Addresses are not sent to the server (RFC 6066).
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str()) == 1) return;
    const bool is_set = SSL_set1_host(session, name.c_str()) == 1 &&
                        SSL_set_tlsext_host_name(session, name.c_str()) == 1;
    if (!is_set) throw std::bad_alloc{};
}

std::string why_untrusted(long result, const std::string& name) {
    switch (result) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "the certificate has expired";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "the certificate is not valid yet";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "the certificate does not match the name " + name;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "the certificate is self-signed";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "the certificate is from an unknown authority";
        default:
            return std::string{"the certificate cannot be used: "} +
                   X509_verify_cert_error_string(result);
    }
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* session) const noexcept {
    SSL_free(session);
}

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : name_{context.name_for(host)}, session_{SSL_new(context.get())} {
    BIO* const from_server = BIO_new(BIO_s_mem());
    BIO* const to_server = BIO_new(BIO_s_mem());
    if (!session_ || from_server == nullptr || to_server == nullptr) throw std::bad_alloc{};
    SSL_set_bio(session_.get(), from_server, to_server);
    SSL_set_connect_state(session_.get());
    expect_name(session_.get(), name_);
    ERR_clear_error();
    note_failure(SSL_do_handshake(session_.get()));
}

bool TlsSession::is_established() const noexcept {
    return SSL_is_init_finished(session_.get()) == 1;
}

void TlsSession::receive(std::string_view bytes) {
    if (loss_ || bytes.empty()) return;
    if (!has_received_ && bytes.front() != handshake_record && bytes.front() != alert_record) {
        loss_ = {.kind = Loss::Kind::no_tls, .why = "the server does not speak TLS"};
        return;
    }
    has_received_ = true;
    std::size_t count = 0;
    if (BIO_write_ex(SSL_get_rbio(session_.get()), bytes.data(), bytes.size(), &count) != 1) {
        throw std::bad_alloc{};
    }
}

std::size_t TlsSession::read(std::span<char> room) {
    if (loss_) return 0;
    ERR_clear_error();
    std::size_t count = 0;
    note_failure(SSL_read_ex(session_.get(), room.data(), room.size(), &count));
    return count;
}

// The memory takes any number of bytes, so this never has to be called again.
void TlsSession::write(std::string_view bytes) {
    if (loss_ || bytes.empty()) return;
    ERR_clear_error();
    std::size_t count = 0;
    note_failure(SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &count));
}

void TlsSession::close() {
    ERR_clear_error();
    if (!loss_ && is_established()) static_cast<void>(SSL_shutdown(session_.get()));
    collect_encrypted();
}

void TlsSession::collect_encrypted() {
    BIO* const to_server = SSL_get_wbio(session_.get());
    const std::size_t before = encrypted_.size();
    encrypted_.resize(before + BIO_ctrl_pending(to_server));
    std::size_t count = 0;
    static_cast<void>(
        BIO_read_ex(to_server, encrypted_.data() + before, encrypted_.size() - before, &count));
    encrypted_.resize(before + count);
}

// An alert for the server may have been written even if the session has failed.
void TlsSession::note_failure(int result) {
    collect_encrypted();
    const int error = SSL_get_error(session_.get(), result);
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ) return;
    loss_ = error == SSL_ERROR_ZERO_RETURN ? Loss{.why = "closed by the server"} : loss_by_error();
    ERR_clear_error();
}

Loss TlsSession::loss_by_error() const {
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
        ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        return {.kind = Loss::Kind::untrusted,
                .why = why_untrusted(SSL_get_verify_result(session_.get()), name_)};
    }
    const char* text = ERR_reason_error_string(error);
    return {.why = std::string{"TLS failed: "} + (text != nullptr ? text : "unknown error")};
}

}  // namespace belfry::client
