#include "tests/support/key_traces.hpp"

#include "tests/support/temp_dir.hpp"

#include <memory>
#include <openssl/core_names.h>
#include <openssl/pem.h>

namespace belfry::test {
namespace {

/// A number of a private key, as OpenSSL may hold it: its first or last bytes, in either order.
std::vector<std::string> traces_of(const BIGNUM* number) {
    constexpr std::size_t length = 24;
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    ::BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    const std::string reversed{bytes.rbegin(), bytes.rend()};
    return {bytes.substr(0, length), bytes.substr(bytes.size() - length),
            reversed.substr(0, length), reversed.substr(bytes.size() - length)};
}

}  // namespace

std::vector<std::string> traces_of_key(const std::filesystem::path& file) {
    const std::string text = read_file(file);
    std::vector<std::string> traces{text.substr(text.find('\n') + 1, 60)};
    const std::unique_ptr<BIO, decltype(&::BIO_free)> bio{
        ::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), ::BIO_free};
    const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key{
        ::PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), ::EVP_PKEY_free};
    for (const char* const name : {OSSL_PKEY_PARAM_PRIV_KEY, OSSL_PKEY_PARAM_RSA_D,
                                   OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
                                   OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2}) {
        BIGNUM* number = nullptr;
        if (::EVP_PKEY_get_bn_param(key.get(), name, &number) != 1) continue;
        const auto found = traces_of(number);
        traces.insert(traces.end(), found.begin(), found.end());
        ::BN_free(number);
    }
    return traces;
}

}  // namespace belfry::test
