#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

/// Owners of OpenSSL's objects, its memory, and the text of its errors.
namespace belfry::gate {

template <auto function>
struct FreeWith {
    template <class T>
    void operator()(T* object) const noexcept {
        function(object);
    }
};

using UniqueBio = std::unique_ptr<BIO, FreeWith<::BIO_free_all>>;
using UniqueKey = std::unique_ptr<EVP_PKEY, FreeWith<::EVP_PKEY_free>>;
using UniqueCertificate = std::unique_ptr<X509, FreeWith<::X509_free>>;
using UniqueRevocations = std::unique_ptr<X509_CRL, FreeWith<::X509_CRL_free>>;
using UniqueContext = std::unique_ptr<SSL_CTX, FreeWith<::SSL_CTX_free>>;
using UniqueSsl = std::unique_ptr<SSL, FreeWith<::SSL_free>>;

/// Makes OpenSSL overwrite all memory that it frees, so that no copy of a key stays on the heap.
/// OpenSSL itself does so only for the objects that it knows to be secret. main() calls it before
/// any other function of OpenSSL.
void wipe_freed_memory() noexcept;

/// Overwrites the part of the stack that functions called before may have used for secrets, and
/// gives most of it back to the system.
void wipe_stack() noexcept;

/// Returns the reason of the first of OpenSSL's errors on this thread, such as `wrong version
/// number`, and clears all of them.
[[nodiscard]] std::string take_openssl_error();

}  // namespace belfry::gate
