#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::server {

/// A port at which the gate accepts connections.
struct GatePort {
    std::string listen;      ///< an IPv4 or IPv6 address
    std::uint16_t port = 0;  ///< 0 lets the system choose
};

/// The options of the gate, which accepts TLS connections and those of browsers. At least one of
/// its two ports is given.
struct GateOptions {
    using File = std::optional<std::filesystem::path>;

    std::optional<GatePort> tls = {};
    std::optional<GatePort> web = {};
    File certificate = {};  ///< together with key; for tls and web_tls
    File key = {};
    File client_ca = {};                        ///< only with tls
    File client_crl = {};                       ///< only with client_ca
    bool web_tls = false;                       ///< the web port takes https instead of http
    std::optional<std::string> web_proxy = {};  ///< an IPv4 or IPv6 address
    std::vector<std::string> web_origins = {};  ///< as base::web_origin() returns them
    std::uint32_t max_waiting = 16384;          ///< as that of belfryd
};

/// Adds the gate's options to those of belfryd.
void describe_gate_options(boost::program_options::options_description& options);

/// Reads the gate's options.
/// @param listen the address of the plain port, which is the default
/// @return nothing if there is neither `--tls-port` nor `--web-port`
/// @throws cli::UsageError
[[nodiscard]] std::optional<GateOptions> gate_options_in(
    const boost::program_options::variables_map& options, const std::string& listen);

/// Returns the value of an option that is an IPv4 or IPv6 address.
/// @throws cli::UsageError
[[nodiscard]] std::string address_in(const boost::program_options::variables_map& options,
                                     const char* name);

/// Returns the options that name the gate's files, as arguments of belfry-gate.
[[nodiscard]] std::vector<std::string> certificate_arguments(const GateOptions& options);

/// Returns the options of the web port, except for its socket, as arguments of belfry-gate. Without
/// a web port there are none.
[[nodiscard]] std::vector<std::string> web_arguments(const GateOptions& options);

/// Tells for each option of the gate whether its value differs.
[[nodiscard]] std::vector<std::pair<std::string_view, bool>> gate_differences(
    const std::optional<GateOptions>& now, const std::optional<GateOptions>& next);

}  // namespace belfry::server
