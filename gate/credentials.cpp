#include "gate/credentials.hpp"

#include "gate/trial_handshake.hpp"

#include <algorithm>
#include <openssl/x509v3.h>

namespace belfry::gate {
namespace {

constexpr int security_level = 2;

std::time_t time_in(const ASN1_TIME* time) {
    std::tm parts{};
    ::ASN1_TIME_to_tm(time, &parts);
    return ::timegm(&parts);
}

/// Makes the settings of TLS connections: OpenSSL's defaults for servers at its security level 2.
UniqueContext make_context() {
    UniqueContext context{::SSL_CTX_new(::TLS_server_method())};
    if (!context) throw std::bad_alloc{};
    ::SSL_CTX_set_security_level(context.get(), security_level);
    ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    // A client that ends its side without close_notify has just closed it: the native protocol has
    // lengths of its own, so nothing that was cut off counts.
    ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                             SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // What a client has sent may be its secret.
    ::SSL_CTX_set_options(context.get(), SSL_OP_CLEANSE_PLAINTEXT);
    ::SSL_CTX_set_num_tickets(context.get(), 0);
    // The certificates of the file are sent, and never those of the clients' authorities.
    ::SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
    ::SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                          SSL_MODE_RELEASE_BUFFERS);
    // One call reads the header of a record and its contents.
    ::SSL_CTX_set_read_ahead(context.get(), 1);
    ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

/// Refuses a certificate that no client could accept.
void check(const PemFile& file, X509* certificate) {
    if (::X509_cmp_current_time(::X509_get0_notBefore(certificate)) > 0) {
        throw file.error("is not valid yet");
    }
    if (::X509_cmp_current_time(::X509_get0_notAfter(certificate)) < 0) {
        throw file.error("has expired");
    }
    if (::X509_self_signed(certificate, 1) == 1) {
        throw file.error(
            "is self-signed; a server needs a certificate that an authority has signed");
    }
    if (::X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1) {
        throw file.error("is not a certificate for servers");
    }
    ::ERR_clear_error();
}

/// Sets the certificate and those of the authorities above it. @return when it expires
std::time_t use_certificate(SSL_CTX* context, const PemFile& file) {
    const std::vector<UniqueCertificate> chain = file.certificates();
    X509* const own = chain.front().get();
    check(file, own);
    bool used = ::SSL_CTX_use_certificate(context, own) == 1;
    for (auto above = chain.begin() + 1; above != chain.end(); ++above) {
        used = used && ::SSL_CTX_add1_chain_cert(context, above->get()) == 1;
    }
    if (!used) throw file.error("cannot be used: " + take_openssl_error());
    return time_in(::X509_get0_notAfter(own));
}

/// Asks clients for a certificate. A client may have none, but a wrong one ends its handshake.
void verify_clients(SSL_CTX* context, const std::filesystem::path& authorities) {
    const PemFile file{authorities};
    X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
    for (const UniqueCertificate& authority : file.certificates()) {
        if (::X509_STORE_add_cert(store, authority.get()) != 1 ||
            ::SSL_CTX_add_client_CA(context, authority.get()) != 1) {
            throw file.error("cannot be used: " + take_openssl_error());
        }
    }
    ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

void refuse_revoked(SSL_CTX* context, const std::filesystem::path& revocations) {
    const PemFile file{revocations};
    X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
    for (const UniqueRevocations& list : file.revocations()) {
        const ASN1_TIME* const next = ::X509_CRL_get0_nextUpdate(list.get());
        if (next != nullptr && ::X509_cmp_current_time(next) < 0) throw file.error("has expired");
        if (::X509_STORE_add_crl(store, list.get()) != 1) {
            throw file.error("cannot be used: " + take_openssl_error());
        }
    }
    ::X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
}

}  // namespace

Credentials::Credentials(const CredentialFiles& files) : context_{make_context()} {
    SSL_CTX* const context = context_.get();
    const PemFile certificate{files.certificate};
    expires_ = use_certificate(context, certificate);
    const PemFile key{files.key, PemFile::Access::private_to_group};
    key_ = key.key();
    if (::X509_check_private_key(::SSL_CTX_get0_certificate(context), key_.get()) != 1) {
        throw key.error("does not belong to the certificate in " + files.certificate.string());
    }
    if (files.client_authorities) verify_clients(context, *files.client_authorities);
    if (files.client_revocations) refuse_revoked(context, *files.client_revocations);
    // The copy of the key collects what OpenSSL remembers of its use, such as blinding, and takes
    // that with it.
    const UniqueKey copy{::EVP_PKEY_dup(key_.get())};
    const std::string failure = try_handshake(context, copy.get());
    if (!failure.empty()) throw certificate.error("cannot be used: " + failure);
    wipe_stack();
}

void Credentials::give_key(SSL* connection) const {
    if (::SSL_use_PrivateKey(connection, key_.get()) != 1) {
        throw CredentialsError{"the key cannot be used: " + take_openssl_error()};
    }
}

void Credentials::forget_key(SSL* connection) noexcept {
    ::SSL_certs_clear(connection);
    forget_key();
}

void Credentials::forget_key() noexcept {
    key_.reset();
    wipe_stack();
}

}  // namespace belfry::gate
