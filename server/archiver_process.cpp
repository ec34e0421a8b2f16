#include "server/archiver_process.hpp"

#include "daemon/logger.hpp"
#include "shm/news.hpp"
#include "shm/process_entry.hpp"
#include "store/archiver.hpp"
#include "store/store_error.hpp"
#include "store/store_files.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

namespace belfry::server {
namespace {

using Clock = shm::Condition::Clock;

/// Time between two attempts to use a store that fails.
constexpr std::chrono::seconds retry_interval{1};

/// How often the archiver checks that all files are still at their paths, so that it notices a
/// missing file within a second. A lost wake-up costs at most this time (11).
constexpr std::chrono::milliseconds look_interval{900};

class ArchiverProcess {
  public:
    explicit ArchiverProcess(const ArchiverHeritage& heritage)
        : segment_{heritage.segment},
          data_dir_{heritage.data_dir},
          lock_files_{heritage.lock_files} {}

    /// @return the exit status
    int run() {
        while (true) {
            try {
                store::require_store(data_dir_);
                // The lock is taken again each time, because the lock file may be gone or belong to
                // another server.
                const auto lock = wait_for_lock();
                if (!lock) break;
                archive(*lock);
                segment_.set_store_state(shm::StoreState::drained);
                return EXIT_SUCCESS;
            } catch (const store::StoreError& error) {
                fail(error);
            }
            if (is_to_drain()) break;
            sleep_until(Clock::now() + retry_interval, [] { return false; });
        }
        return EXIT_FAILURE;
    }

  private:
    /// Waits for the store's lock, since an earlier archiver that was killed may still be exiting.
    /// @return nothing if the archiver is to drain
    std::optional<store::StoreLock> wait_for_lock() {
        while (true) {
            if (auto lock = store::StoreLock::try_take(data_dir_)) return lock;
            if (is_to_drain()) return {};
            sleep_until(Clock::now() + lock_retry, [] { return false; });
        }
    }

    void archive(const store::StoreLock& lock) {
        if (last_files_) last_files_->require_no_old_write_ahead_log();
        store::Archiver archiver{segment_, data_dir_, lock, [](const std::string& line) {
                                     log_event(LogLevel::warning, line);
                                 }};
        require_lock_files();
        archiver.start();
        last_files_ = archiver.files();
        // A full disk may have room for the little that a start writes. The store counts as working
        // only after it has taken the records that wait.
        static_cast<void>(archiver.work());
        works();
        while (!is_to_drain()) {
            const bool worked = archiver.work();
            if (Clock::now() >= next_look_) {
                archiver.require_files();  // first, because the loss of the store is more serious
                require_lock_files();
            }
            if (!worked) sleep_until(next_look_, [&archiver] { return archiver.has_new(); });
        }
        archiver.drain();
        require_lock_files();
    }

    /// Checks the lock files of the data directory. Without them another server could start there,
    /// and only the store's own lock would keep it out.
    /// @throws StoreError
    void require_lock_files() {
        next_look_ = Clock::now() + look_interval;
        for (const base::PlacedFile& file : lock_files_) {
            if (file.is_in_place()) continue;
            throw store::StoreError{
                store::StoreError::Kind::failing,
                file.path().string() +
                    " was deleted or replaced; stop the server and start it again"};
        }
    }

    template <class Predicate>
    void sleep_until(Clock::time_point deadline, Predicate has_work) {
        shm::wait_for_work(segment_, deadline,
                           [this, &has_work] { return has_work() || is_to_drain(); });
    }

    [[nodiscard]] bool is_to_drain() const {
        return segment_.stop_word() == shm::StopWord::archiver_drains;
    }

    void works() {
        segment_.set_store_state(
            shm::StoreState::works);  // before the log line, because people rely on the line
        if (!last_failure_.empty()) log_event(LogLevel::info, "the store works again");
        last_failure_.clear();
    }

    /// Shows the sessions that the store fails, and logs each failure once.
    void fail(const store::StoreError& error) {
        segment_.set_store_state(shm::StoreState::fails);  // before the line, as above
        if (error.what() != last_failure_) {
            log_event(LogLevel::error,
                      std::string{error.what()} + "; new messages are refused in the meantime");
        }
        last_failure_ = error.what();
        // Sessions that wait for room in the ring must see the new state. Some of them may also
        // have missed the wake-up for records that were stored before.
        shm::wake_everybody(segment_);
    }

    static constexpr std::chrono::milliseconds lock_retry{20};

    shm::Segment& segment_;
    const std::filesystem::path& data_dir_;
    const std::vector<base::PlacedFile>& lock_files_;
    std::optional<store::StoreFiles> last_files_;  ///< of the last store that could be written
    Clock::time_point next_look_;
    std::string last_failure_;
};

}  // namespace

void run_archiver(const ArchiverHeritage& heritage) noexcept {
    static_cast<void>(::signal(SIGINT, SIG_IGN));
    static_cast<void>(::signal(SIGHUP, SIG_IGN));
    if (!shm::claim(heritage.segment.process(shm::archiver_entry), heritage.generation)) {
        ::_exit(EXIT_FAILURE);
    }
    ::_exit(ArchiverProcess{heritage}.run());
}

}  // namespace belfry::server
