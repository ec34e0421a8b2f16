#include "store/seq_reset.hpp"

#include "shm/seq_rules.hpp"
#include "store/saved_cluster.hpp"
#include "store/store_error.hpp"
#include "store/store_file.hpp"
#include "store/store_lock.hpp"
#include "store/store_reader.hpp"
#include "store/store_writer.hpp"

#include <algorithm>

namespace belfry::store {
namespace {

void require_no_cluster(Database& database) {
    const auto cluster = cluster_of(database);
    if (!cluster) return;
    throw StoreError{StoreError::Kind::unusable,
                     "the store " + database.file().string() + " belongs to the cluster " +
                         *cluster + ", whose nodes must agree on the seq; start this node first"};
}

}  // namespace

std::optional<SeqReset> reset_saved_seq(const std::filesystem::path& data_dir,
                                        const std::string& client_id) {
    const StoreLock lock = StoreLock::take(data_dir);
    StoreWriter writer{open_existing_to_write(data_dir)};
    require_no_cluster(writer.database());
    writer.claim();
    SavedLog saved = writer.saved_log();
    const auto client = std::ranges::find(saved.clients, client_id, &SavedClient::id);
    if (client == saved.clients.end()) return {};
    if (client->seq <= shm::max_free_seq) return SeqReset{client->seq, client->seq};
    const std::uint64_t was = client->seq;
    client->seq = StoreReader{data_dir}.highest_seq(client_id, shm::max_free_seq);
    // After save_seqs_up_to(), seqs are no longer derived from the present messages, so the seqs of
    // all clients must be saved with it.
    writer.begin();
    for (const SavedClient& one : saved.clients) writer.save_client(one);
    writer.save_seqs_up_to(saved.last_id);
    writer.commit();
    return SeqReset{was, client->seq};
}

}  // namespace belfry::store
