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

/// Checks that the messages are those that the header announces, with increasing ids and seqs.
class SequenceCheck {
  public:
    explicit SequenceCheck(const ExportHeader& header)
        : next_id_{header.first_id}, last_id_{header.log.last_id} {
        for (const store::SavedClient& client : header.log.clients)
            seqs_[client.id].last = client.seq;
    }

    /// Checks the next message. @throws BadLine
    void take(const ExportedMessage& message) {
        if (next_id_ > last_id_) {
            throw BadLine{"unexpected message after the last one, " + std::to_string(last_id_)};
        }
        if (message.id != next_id_) {
            throw BadLine{"expected message " + std::to_string(next_id_) + ", found message " +
                          std::to_string(message.id)};
        }
        take_seq(message);
        ++next_id_;
    }

    /// Checks that no message is missing at the end. @throws BadLine
    void end() const {
        if (next_id_ > last_id_) return;
        throw BadLine{"the file ends before message " + std::to_string(next_id_) + " of " +
                      std::to_string(last_id_)};
    }

  private:
    struct Seqs {
        shm::SeqOrder taken;
        std::uint64_t last = 0;  ///< the highest seq according to the header
    };

    void take_seq(const ExportedMessage& message) {
        const auto found = seqs_.find(message.sender);
        if (found == seqs_.end()) {
            throw BadLine{"sender " + message.sender + " is not among the clients in line 1"};
        }
        Seqs& seqs = found->second;
        const std::uint64_t before = seqs.taken.last();
        if (!seqs.taken.take(message.seq)) {
            throw BadLine{"seq " + std::to_string(message.seq) + " of " + message.sender +
                          " is not above " + std::to_string(before)};
        }
        // After reset-seq a message with a seq above max_free_seq may remain in the log.
        if (message.seq > seqs.last && message.seq <= shm::max_free_seq) {
            throw BadLine{"seq " + std::to_string(message.seq) + " of " + message.sender +
                          " is above the client's seq in line 1"};
        }
    }

    std::uint64_t next_id_;
    std::uint64_t last_id_;
    std::unordered_map<std::string, Seqs> seqs_;
};

void copy(ImportFile& lines, store::RestoredStore& store) {
    std::string line;
    try {
        if (!lines.next(line)) throw BadLine{"the file is empty"};
        const ExportHeader header = parse_header(line);
        SequenceCheck check{header};
        while (lines.next(line)) {
            const ExportedMessage message = parse_message(line);
            check.take(message);
            store.add({message.id, message.sender, message.seq, message.time_ms, message.body});
        }
        check.end();
        store.finish(header.log);
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
    NewDataDirectory directory{data_dir};
    store::RestoredStore store{data_dir};
    copy(file, store);
    directory.keep();
}

}  // namespace belfry::ctl
