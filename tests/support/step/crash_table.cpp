#include "tests/support/step/crash_table.hpp"

#include "tests/support/failure.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

#include <optional>
#include <string_view>

namespace belfry::test {
namespace {

constexpr std::string_view heading = "## Every crash state\n";

/// Removes the first cell and the bar after it, and returns the text of the cell.
std::string take_cell(std::string_view& line) {
    const std::size_t bar = line.find('|');
    std::string_view cell = line.substr(0, bar);
    line.remove_prefix(bar == std::string_view::npos ? line.size() : bar + 1);
    while (cell.starts_with(' ')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    return std::string{cell};
}

std::optional<CrashRow> row_of(std::string_view line) {
    if (!line.starts_with("| ")) return {};
    line.remove_prefix(1);
    CrashRow row;
    for (std::string CrashRow::*field :
         {&CrashRow::operation, &CrashRow::state, &CrashRow::mended_by, &CrashRow::test}) {
        row.*field = take_cell(line);
    }
    if (row.operation == "operation") return {};
    return row;
}

}  // namespace

std::vector<CrashRow> crash_table() {
    const std::string text = read_file(source_file("shm/README.md"));
    const std::size_t start = text.find(heading);
    if (start == std::string::npos) throw Failure{"shm/README.md has no table of crash states"};
    const std::size_t end = text.find("\n## ", start);
    std::vector<CrashRow> rows;
    for (const std::string& line : lines_of(std::string_view{text}.substr(start, end - start))) {
        if (auto row = row_of(line)) rows.push_back(*std::move(row));
    }
    return rows;
}

}  // namespace belfry::test
