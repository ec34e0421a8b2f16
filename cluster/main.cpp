#include "cluster/engine.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) try {
    belfry::cluster::EngineOptions options;
    options.urls.assign(argv + 1, argv + argc);
    const auto engine = belfry::cluster::make_etcd_engine(options);
    const belfry::cluster::Health health = engine->health();
    for (const auto& server : health.servers)
        std::cout << server.url << ' ' << server.version << ' ' << server.error << '\n';
    return health.has_quorum ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << "belfry-replica: " << error.what() << '\n';
    return 2;
}
