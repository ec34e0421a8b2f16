#include "tests/support/temp_dir.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/leftovers.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace belfry::test {
namespace {

std::filesystem::path root() {
    const char* chosen = std::getenv("BELFRY_TEST_ROOT");
    return chosen == nullptr ? std::filesystem::temp_directory_path()
                             : std::filesystem::path{chosen};
}

}  // namespace

TempDir::TempDir() : TempDir{root()} {}

TempDir::TempDir(const std::filesystem::path& parent) {
    std::string name = std::filesystem::absolute(parent / "belfry-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw system_failure(name);
    path_ = name;
    leftovers::remember_directory(path_);
}

TempDir::~TempDir() {
    std::error_code ignored;  // what is left is found by the check at the end of the run
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempDir::write(std::string_view name, std::string_view contents) const {
    const auto file = path_ / name;
    std::ofstream out{file, std::ios::binary};
    out << contents;
    if (!out.flush()) throw Failure("cannot write " + file.string());
    return file;
}

std::filesystem::path TempDir::make(std::string_view name) const {
    auto path = path_ / name;
    if (!std::filesystem::create_directory(path)) {
        throw Failure(path.string() + " is already there");
    }
    return path;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) throw Failure("cannot read " + path.string());
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace belfry::test
