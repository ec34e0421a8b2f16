#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>

namespace belfry::ctl {

/// The lines of an export, each with its number. Opening the file is a step of its own: the rights
/// that it needs may be others than those that make the store (owner.hpp).
class ImportFile {
  public:
    /// @param file `-`: standard input. @throws Refusal
    explicit ImportFile(const std::filesystem::path& file);

    /// @return false: there is no further line. @throws Refusal
    [[nodiscard]] bool next(std::string& line);

    /// @throws Refusal always: what is wrong with the line that was read last
    [[noreturn]] void fail(const std::string& why) const;

  private:
    std::string name_;
    std::ifstream file_;
    std::istream* in_;
    std::uint64_t number_ = 0;  ///< of the line that was read last
};

/// Makes the store of a data directory, which has none and no server, from what export wrote.
/// It appears whole or not at all.
/// @throws Refusal, which names the line where it is the file's fault; StoreError;
/// shm::DataDirectoryError
void import_store(const std::filesystem::path& data_dir, ImportFile& file);

}  // namespace belfry::ctl
