#include "gate/pem_file.hpp"

#include "base/unique_fd.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <openssl/pem.h>
#include <utility>

namespace belfry::gate {
namespace {

constexpr off_t max_file = off_t{16} << 20;

base::UniqueFd open_file(const std::filesystem::path& path, struct stat& info) {
    // Without O_NONBLOCK, opening a pipe would wait for the other end.
    base::UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file || ::fstat(file.get(), &info) != 0) {
        throw CredentialsError{"cannot open " + path.string() + ": " + std::strerror(errno)};
    }
    return file;
}

/// Answers that no password is known. Without it OpenSSL would ask on the terminal.
int no_password(char* /*buffer*/, int /*size*/, int /*writes*/, void* was_asked) {
    *static_cast<bool*>(was_asked) = true;
    return -1;
}

/// Reads objects of one kind until there are no more.
/// @return nothing if one of them is damaged
template <class Unique, class Read>
std::vector<Unique> read_all(BIO* bio, Read read) {
    std::vector<Unique> all;
    ::ERR_clear_error();
    while (Unique one{read(bio, nullptr, nullptr, nullptr)}) all.push_back(std::move(one));
    const bool at_end = ERR_GET_REASON(::ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ::ERR_clear_error();
    if (!at_end) all.clear();
    return all;
}

}  // namespace

PemFile::PemFile(std::filesystem::path path, Access access) : path_{std::move(path)} {
    struct stat info {};
    const base::UniqueFd file = open_file(path_, info);
    if (!S_ISREG(info.st_mode)) throw error("is not a regular file");
    if (access == Access::private_to_group && (info.st_mode & S_IRWXO) != 0) {
        throw error("may be read or written by everybody; remove these rights with chmod o=");
    }
    if (info.st_size > max_file) throw error("is too large");
    contents_.resize(static_cast<std::size_t>(info.st_size));
    const ssize_t count = ::read(file.get(), contents_.data(), contents_.size());
    if (count == -1) throw error(std::string{"cannot be read: "} + std::strerror(errno));
    contents_.resize(static_cast<std::size_t>(count));
}

PemFile::~PemFile() {
    ::explicit_bzero(contents_.data(), contents_.capacity());
}

std::vector<UniqueCertificate> PemFile::certificates() const {
    const UniqueBio bio{::BIO_new_mem_buf(contents_.data(), static_cast<int>(contents_.size()))};
    auto certificates = read_all<UniqueCertificate>(bio.get(), ::PEM_read_bio_X509_AUX);
    if (certificates.empty()) throw error("holds no complete certificate in PEM");
    return certificates;
}

std::vector<UniqueRevocations> PemFile::revocations() const {
    const UniqueBio bio{::BIO_new_mem_buf(contents_.data(), static_cast<int>(contents_.size()))};
    auto lists = read_all<UniqueRevocations>(bio.get(), ::PEM_read_bio_X509_CRL);
    if (lists.empty()) throw error("holds no complete list of revoked certificates in PEM");
    return lists;
}

UniqueKey PemFile::key() const {
    const UniqueBio bio{::BIO_new_mem_buf(contents_.data(), static_cast<int>(contents_.size()))};
    bool was_asked = false;
    UniqueKey key{::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &was_asked)};
    ::ERR_clear_error();
    if (was_asked) throw error("is encrypted; the server needs a key without a password");
    if (!key) throw error("holds no complete private key in PEM");
    return key;
}

CredentialsError PemFile::error(const std::string& reason) const {
    return CredentialsError{path_.string() + " " + reason};
}

}  // namespace belfry::gate
