#include "ctl/import.hpp"

#include "ctl/export_format.hpp"
#include "ctl/new_data_directory.hpp"
#include "ctl/refusal.hpp"
#include "shm/seq_rules.hpp"
#include "store/restored_store.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <unordered_map>

namespace belfry::ctl {
namespace {

namespace fs = std::filesystem;

/// Whether the messages are those that the head announced.
class Order {
  public:
    explicit Order(const LogHead& head) : next_id_{head.first_id}, last_id_{head.log.last_id} {
        for (const store::SavedClient& client : head.log.clients)
            seqs_[client.id].last = client.seq;
    }

    /// @throws BadLine
    void take(const ExportedMessage& message) {
        if (next_id_ > last_id_) {
            throw BadLine{"it stands behind the last message, " + std::to_string(last_id_)};
        }
        if (message.id != next_id_) {
            throw BadLine{"it is message " + std::to_string(message.id) + ", and " +
                          std::to_string(next_id_) + " comes next"};
        }
        take_seq(message);
        ++next_id_;
    }

    /// @throws BadLine
    void end() const {
        if (next_id_ > last_id_) return;
        throw BadLine{"the file ends before message " + std::to_string(next_id_) + " of " +
                      std::to_string(last_id_)};
    }

  private:
    struct Seqs {
        shm::SeqOrder taken;
        std::uint64_t last = 0;  ///< as the head says
    };

    void take_seq(const ExportedMessage& message) {
        const auto found = seqs_.find(message.sender);
        if (found == seqs_.end()) {
            throw BadLine{"its sender " + message.sender + " is none of the clients of line 1"};
        }
        Seqs& seqs = found->second;
        const std::uint64_t before = seqs.taken.last();
        if (!seqs.taken.take(message.seq)) {
            throw BadLine{"seq " + std::to_string(message.seq) + " of " + message.sender +
                          " is not above " + std::to_string(before)};
        }
        // A seq above max_free_seq stays in the log after its sender was set back.
        if (message.seq > seqs.last && message.seq <= shm::max_free_seq) {
            throw BadLine{"seq " + std::to_string(message.seq) + " of " + message.sender +
                          " is above the last one of line 1"};
        }
    }

    std::uint64_t next_id_;
    std::uint64_t last_id_;
    std::unordered_map<std::string, Seqs> seqs_;
};

void copy(ImportFile& lines, store::RestoredStore& store) {
    std::string line;
    try {
        if (!lines.next(line)) throw BadLine{"it is missing"};
        const LogHead head = read_head(line);
        Order order{head};
        while (lines.next(line)) {
            const ExportedMessage message = read_message(line);
            order.take(message);
            store.add({message.id, message.sender, message.seq, message.time_ms, message.body});
        }
        order.end();
        store.finish(head.log);
    } catch (const BadLine& error) {
        lines.fail(error.what());
    }
}

}  // namespace

ImportFile::ImportFile(const fs::path& file)
    : name_{file == "-" ? "standard input" : file.string()}, in_{&std::cin} {
    if (file == "-") return;
    file_.open(file);
    if (!file_) throw Refusal{"cannot read " + name_ + ": " + std::strerror(errno)};
    in_ = &file_;
}

bool ImportFile::next(std::string& line) {
    ++number_;
    if (std::getline(*in_, line)) return true;
    if (in_->bad()) throw Refusal{"cannot read " + name_};
    return false;
}

void ImportFile::fail(const std::string& why) const {
    throw Refusal{"line " + std::to_string(number_) + " of " + name_ + ": " + why};
}

void import_store(const fs::path& data_dir, ImportFile& file) {
    NewDataDirectory place{data_dir};
    store::RestoredStore store{data_dir};
    copy(file, store);
    place.keep();
}

}  // namespace belfry::ctl
