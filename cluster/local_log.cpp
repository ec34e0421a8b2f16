#include "cluster/local_log.hpp"

#include "store/store_file.hpp"

namespace belfry::cluster {

std::optional<LocalLog> read_local_log(const std::filesystem::path& data_dir) {
    if (!std::filesystem::exists(store::store_file(data_dir))) return {};
    store::Database database = store::open_to_read(data_dir);
    return LocalLog{store::read_saved_log(database), store::read_saved_cluster(database)};
}

}  // namespace belfry::cluster
