#include "tests/support/certificates.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/process.hpp"

#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

namespace belfry::test {
namespace {

const std::string server_extensions =
    "subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1\n"
    "extendedKeyUsage = serverAuth\n";
const std::string client_extensions = "extendedKeyUsage = clientAuth\n";

/// What `openssl ca` needs to keep its list of certificates in the working directory.
const std::string authority_settings =
    "[ca]\n"
    "default_ca = ours\n"
    "[ours]\n"
    "database = index.txt\n"
    "rand_serial = yes\n"
    "new_certs_dir = .\n"
    "unique_subject = no\n"
    "default_md = sha256\n"
    "default_crl_days = 30\n"
    "policy = any\n"
    "[any]\n"
    "commonName = supplied\n";

void openssl(const std::filesystem::path& folder, std::vector<std::string> arguments) {
    const Result result =
        run({.program = "/usr/bin/openssl", .arguments = std::move(arguments), .folder = folder});
    if (result.status != 0) throw Failure{"openssl failed: " + result.err};
}

constexpr std::chrono::hours day{24};

/// Returns the time after a duration from now as `openssl ca` expects it.
std::string time_in(std::chrono::seconds duration) {
    const std::time_t time = std::time(nullptr) + duration.count();
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &parts)};
}

}  // namespace

const std::vector<std::string> Certificates::p256{"-newkey", "ec", "-pkeyopt",
                                                  "ec_paramgen_curve:P-256"};

Certificates::Certificates() {
    static_cast<void>(dir_.write("ca.cnf", authority_settings));
    static_cast<void>(dir_.write("index.txt", ""));
    authority_ = self_signed("authority");
}

KeyPair Certificates::server(std::string_view name, int days) const {
    return sign(name, "localhost", server_extensions, days * day);
}

KeyPair Certificates::server_with_rsa(std::string_view name) const {
    return sign(name, "localhost", server_extensions, 30 * day, {"-newkey", "rsa:2048"});
}

KeyPair Certificates::client(std::string_view common_name, std::chrono::seconds lifetime) const {
    return sign(common_name, std::string{common_name}, client_extensions, lifetime);
}

KeyPair Certificates::self_signed(std::string_view name) const {
    const std::string file{name};
    openssl(dir_.path(), {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                          "-nodes", "-keyout", file + ".key", "-out", file + ".pem", "-subj",
                          "/CN=" + file, "-days", "30", "-addext", "subjectAltName=DNS:localhost"});
    return {dir_.path() / (file + ".pem"), dir_.path() / (file + ".key")};
}

std::filesystem::path Certificates::revoke(const KeyPair& revoked) const {
    const std::vector<std::string> by_authority{"-config",       "ca.cnf", "-keyfile",
                                                "authority.key", "-cert",  "authority.pem"};
    std::vector<std::string> revocation{"ca", "-revoke", revoked.certificate};
    std::vector<std::string> list{"ca", "-gencrl", "-out", "revoked.pem"};
    revocation.insert(revocation.end(), by_authority.begin(), by_authority.end());
    list.insert(list.end(), by_authority.begin(), by_authority.end());
    openssl(dir_.path(), std::move(revocation));
    openssl(dir_.path(), std::move(list));
    return dir_.path() / "revoked.pem";
}

KeyPair Certificates::sign(std::string_view name, const std::string& subject,
                           const std::string& extensions, std::chrono::seconds lifetime,
                           const std::vector<std::string>& new_key) const {
    constexpr std::chrono::minutes valid_since{-1};
    const std::string file{name};
    static_cast<void>(dir_.write(file + ".ext", extensions));
    std::vector<std::string> request{"req",  "-nodes",      "-keyout", file + ".key",
                                     "-out", file + ".csr", "-subj",   "/CN=" + subject};
    request.insert(request.end(), new_key.begin(), new_key.end());
    openssl(dir_.path(), std::move(request));
    openssl(dir_.path(),
            {"ca", "-batch", "-notext", "-config", "ca.cnf", "-keyfile", "authority.key", "-cert",
             "authority.pem", "-in", file + ".csr", "-out", file + ".pem", "-extfile",
             file + ".ext", "-startdate", time_in(valid_since), "-enddate", time_in(lifetime)});
    return {dir_.path() / (file + ".pem"), dir_.path() / (file + ".key")};
}

}  // namespace belfry::test
