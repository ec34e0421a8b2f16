#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>

namespace belfry::ctl {

/// Reads the lines of an export, and counts them. The file is opened in a separate step, because
/// that needs the rights of the caller, and making the store may need those of another user
/// (owner.hpp).
class ImportFile {
  public:
    /// Opens the file. @param file `-` is standard input. @throws Refusal
    explicit ImportFile(const std::filesystem::path& file);

    /// Reads the next line. @return false if there is none. @throws Refusal
    [[nodiscard]] bool next(std::string& line);

    /// Throws a Refusal about the line that was read last. @param why what is wrong with it
    [[noreturn]] void fail(const std::string& why) const;

  private:
    std::string name_;
    std::ifstream file_;
    std::istream* in_;
    std::uint64_t number_ = 0;  ///< number of the line that was read last
};

/// Makes a store from an export, in a data directory without a store and without a server. The
/// store appears complete or not at all.
/// @throws Refusal, which names the line if the file is at fault; StoreError;
/// shm::DataDirectoryError
void import_store(const std::filesystem::path& data_dir, ImportFile& file);

}  // namespace belfry::ctl
