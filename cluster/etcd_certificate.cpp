#include "cluster/etcd_certificate.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace belfry::cluster {

std::string problem_of_certificate(const std::filesystem::path& path) {
    if (path.empty()) return {};
    const std::string name = "the certificate " + path.string();
    const std::unique_ptr<BIO, int (*)(BIO*)> file{::BIO_new_file(path.c_str(), "r"), ::BIO_free};
    const std::unique_ptr<X509, void (*)(X509*)> certificate{
        file ? ::PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, ::X509_free};
    ::ERR_clear_error();
    if (!certificate) return name + " cannot be read";
    if (::X509_cmp_current_time(::X509_get0_notAfter(certificate.get())) < 0) {
        return name + " has expired";
    }
    const bool is_early = ::X509_cmp_current_time(::X509_get0_notBefore(certificate.get())) > 0;
    return is_early ? name + " is not valid yet" : "";
}

}  // namespace belfry::cluster
