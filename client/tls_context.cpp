#include "client/tls_context.hpp"

#include <cstring>
#include <new>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace belfry::client {
namespace {

constexpr int security_level = 2;

// The newest error says only which step failed. The oldest one says why.
std::string reason() {
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
    const char* text = ERR_reason_error_string(error);
    return text != nullptr ? text : "unknown error";
}

void require(long result, const std::string& task) {
    if (result != 1) throw TlsFileError{task + ": " + reason()};
}

// Without it OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

TlsContext::TlsContext(const Tls& options)
    : name_{options.name}, context_{SSL_CTX_new(TLS_client_method())} {
    SSL_CTX* const context = get();
    if (context == nullptr) throw std::bad_alloc{};
    ERR_clear_error();
    SSL_CTX_set_security_level(context, security_level);
    require(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION), "cannot require TLS 1.2");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (options.ca.empty()) {
        require(SSL_CTX_set_default_verify_paths(context), "cannot use the system's authorities");
    } else {
        require(SSL_CTX_load_verify_file(context, options.ca.c_str()),
                "cannot use the authorities in " + options.ca);
    }
    if (options.certificate.empty()) return;
    require(SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()),
            "cannot use the certificate in " + options.certificate);
    require(SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM),
            "cannot use the key in " + options.key);
}

}  // namespace belfry::client
