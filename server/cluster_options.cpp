#include "server/cluster_options.hpp"

#include "base/unique_fd.hpp"
#include "base/web_origin.hpp"
#include "cli/command_line.hpp"
#include "wire/limits.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/algorithm/string/split.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>

namespace belfry::server {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using cli::UsageError;

/// The options that are of no use without `--cluster`.
constexpr std::array dependent{"cluster-cert", "cluster-key", "cluster-ca",  "cluster-user-file",
                               "cluster-name", "node",        "node-address"};

std::string dashed(const char* name) {
    return "--" + std::string{name};
}

bool is_given(const po::variables_map& options, const char* name) {
    const auto found = options.find(name);
    return found != options.end() && !found->second.defaulted();
}

/// The arguments are recorded one a line.
void require_one_line(const char* name, const std::string& text) {
    if (text.find('\n') == std::string::npos) return;
    throw UsageError{dashed(name) + " must not contain a line break", name};
}

std::string urls_in(const po::variables_map& options) {
    std::string text = *cli::text_of(options, "cluster");
    std::vector<std::string> urls;
    boost::algorithm::split(urls, text, [](char c) { return c == ','; });
    for (const std::string& url : urls) {
        if (base::web_origin(url)) continue;
        throw UsageError{"--cluster must be like https://etcd1.example.org:2379, not '" + url + "'",
                         "cluster"};
    }
    return text;
}

ClusterOptions::File file_in(const po::variables_map& options, const char* name) {
    const auto text = cli::text_of(options, name);
    if (!text) return {};
    if (text->empty()) throw UsageError{dashed(name) + " requires a file", name};
    require_one_line(name, *text);
    return fs::absolute(*text);
}

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    return ::gethostname(name.data(), name.size()) == 0 ? name.data() : "";
}

std::string name_in(const po::variables_map& options, const char* name) {
    std::string text = *cli::text_of(options, name);
    if (wire::is_client_id(text)) return text;
    throw UsageError{dashed(name) + ": '" + text + "' is not a name (1 to 32 of A-Z a-z 0-9 _ . -)",
                     name};
}

/// Returns the name of this node, which is by default that of the host.
std::string node_in(const po::variables_map& options) {
    if (is_given(options, "node")) return name_in(options, "node");
    std::string host = host_name();
    if (wire::is_client_id(host)) return host;
    throw UsageError{"the host's name '" + host + "' cannot name the node; use --node"};
}

/// Tells whether this is the name or address of a host with a port.
bool is_address(const std::string& text) {
    const std::size_t host_end = text.find(':', text.starts_with('[') ? text.find(']') : 0);
    return host_end != std::string::npos && !text.ends_with('/') &&
           base::web_origin("http://" + text).has_value();
}

std::string address_of_node_in(const po::variables_map& options) {
    const auto text = cli::text_of(options, "node-address");
    if (!text || is_address(*text)) return text.value_or("");
    throw UsageError{"--node-address must be like chat1.example.org:5000, not '" + *text + "'",
                     "node-address"};
}

/// Makes sure that files for TLS come together, and that TLS is used.
void require_use(const ClusterOptions& cluster) {
    if (cluster.certificate && !cluster.key) {
        throw UsageError{"--cluster-cert needs --cluster-key", "cluster-cert"};
    }
    if (cluster.key && !cluster.certificate) {
        throw UsageError{"--cluster-key needs --cluster-cert", "cluster-key"};
    }
    if (cluster.urls.find("https://") != std::string::npos) return;
    const char* const name = cluster.certificate ? "cluster-cert" : "cluster-ca";
    if (cluster.certificate || cluster.ca) {
        throw UsageError{dashed(name) + " needs https:// in --cluster", name};
    }
}

[[noreturn]] void refuse_file(const char* name, const fs::path& file, const std::string& reason) {
    throw UsageError{dashed(name) + ": " + file.string() + " " + reason, name};
}

enum class Access { everybody, private_to_group };

/// Opens a file to see whether that is possible. A symbolic link is followed, because certificates
/// often lie behind one.
void require_readable(const char* name, const ClusterOptions::File& file, Access access) {
    if (!file) return;
    // Without O_NONBLOCK, opening a pipe would wait for the other end.
    const base::UniqueFd fd{::open(file->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) == -1) {
        refuse_file(name, *file, std::string{"cannot be opened: "} + std::strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) refuse_file(name, *file, "is not a regular file");
    if (access == Access::private_to_group && (info.st_mode & S_IRWXO) != 0) {
        refuse_file(name, *file,
                    "may be read or written by everybody; remove these rights with chmod o=");
    }
}

/// Tells whether the file holds one line, `name:password`.
bool holds_user(const fs::path& file) {
    std::ifstream in{file};
    std::string user;
    std::string rest;
    if (!std::getline(in, user) || std::getline(in, rest)) return false;
    if (user.ends_with('\r')) user.pop_back();
    const std::size_t colon = user.find(':');
    return colon != std::string::npos && colon != 0 && colon + 1 < user.size();
}

}  // namespace

void describe_cluster_options(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    // clang-format off
    options.add_options()
        ("cluster", text()->value_name("URL,URL"), "servers of etcd, http:// or https://; this server becomes a node of a cluster")
        ("cluster-cert", text()->value_name("FILE"), "certificate with which etcd is told who this node is, in PEM form")
        ("cluster-key", text()->value_name("FILE"), "private key of this certificate, in PEM form")
        ("cluster-ca", text()->value_name("FILE"), "authorities that sign the certificates of etcd (default: those of the system)")
        ("cluster-user-file", text()->value_name("FILE"), "file with the line name:password, the user of etcd; closed to others")
        ("cluster-name", text()->default_value("belfry")->value_name("NAME"), "name of the cluster; etcd may hold several")
        ("node", text()->value_name("NAME"), "name of this node, different from that of every other one (default: the host's name)")
        ("node-address", text()->value_name("HOST:PORT"), "where clients reach this node; the other nodes show it");
    // clang-format on
}

std::optional<ClusterOptions> cluster_options_in(const po::variables_map& options) {
    if (!is_given(options, "cluster")) {
        for (const char* const name : dependent) {
            if (is_given(options, name)) throw UsageError{dashed(name) + " needs --cluster", name};
        }
        return {};
    }
    ClusterOptions cluster;
    cluster.urls = urls_in(options);
    cluster.certificate = file_in(options, "cluster-cert");
    cluster.key = file_in(options, "cluster-key");
    cluster.ca = file_in(options, "cluster-ca");
    cluster.user_file = file_in(options, "cluster-user-file");
    cluster.name = name_in(options, "cluster-name");
    cluster.node = node_in(options);
    cluster.address = address_of_node_in(options);
    require_use(cluster);
    return cluster;
}

void require_cluster_files(const ClusterOptions& options) {
    require_readable("cluster-cert", options.certificate, Access::everybody);
    require_readable("cluster-key", options.key, Access::private_to_group);
    require_readable("cluster-ca", options.ca, Access::everybody);
    require_readable("cluster-user-file", options.user_file, Access::private_to_group);
    if (options.user_file && !holds_user(*options.user_file)) {
        refuse_file("cluster-user-file", *options.user_file,
                    "does not hold one line name:password");
    }
}

std::vector<std::string> cluster_arguments(const ClusterOptions& options) {
    std::vector<std::string> arguments{"--cluster", options.urls};
    const auto append = [&arguments](const char* name, const std::string& value) {
        if (!value.empty()) arguments.insert(arguments.end(), {dashed(name), value});
    };
    const auto path = [](const ClusterOptions::File& file) {
        return file ? file->string() : std::string{};
    };
    append("cluster-cert", path(options.certificate));
    append("cluster-key", path(options.key));
    append("cluster-ca", path(options.ca));
    append("cluster-user-file", path(options.user_file));
    append("cluster-name", options.name);
    append("node", options.node);
    append("node-address", options.address);
    return arguments;
}

std::vector<std::pair<std::string_view, bool>> cluster_differences(
    const std::optional<ClusterOptions>& now, const std::optional<ClusterOptions>& next) {
    const ClusterOptions a = now.value_or(ClusterOptions{});
    const ClusterOptions b = next.value_or(ClusterOptions{});
    return {
        {"cluster", a.urls != b.urls},
        {"cluster-cert", a.certificate != b.certificate},
        {"cluster-key", a.key != b.key},
        {"cluster-ca", a.ca != b.ca},
        {"cluster-user-file", a.user_file != b.user_file},
        {"cluster-name", a.name != b.name},
        {"node", a.node != b.node},
        {"node-address", a.address != b.address},
    };
}

}  // namespace belfry::server
