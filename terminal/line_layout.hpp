#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// Where libedit draws the characters of its prompt and line, one after the other. It does not tell
/// where it has left the cursor, so this counts along, by the rules of its re_addc(), re_putc() and
/// re_update_line().
class LineLayout {
  public:
    /// @param columns of the terminal when the text was drawn
    /// @param text prompt and line
    /// @param cursor the index of the character on which the cursor stands
    LineLayout(std::size_t columns, std::wstring_view text, std::size_t cursor);

    /// The row in which the cursor stands, 0 being that of the prompt, on a terminal that has so
    /// many columns now and has broken its rows anew.
    [[nodiscard]] std::size_t cursor_row(std::size_t columns) const;

    /// Whether a row ends with blanks. libedit leaves them out, and goes to the next row by itself,
    /// so that the terminal takes the two for separate lines; but not where they were typed one by
    /// one.
    [[nodiscard]] bool has_breaks() const;

  private:
    struct Row {
        std::wstring text;
        bool is_broken = false;  ///< by a new line
    };

    void put(wchar_t character);
    void add(wchar_t character);
    void next_row() { rows_.push_back({}); }
    [[nodiscard]] static bool ends_line(const Row& row);

    std::size_t columns_;
    std::size_t column_ = 0;
    std::vector<Row> rows_{1};
    std::size_t cursor_row_ = 0;
    std::size_t cursor_index_ = 0;  // in that row
    wchar_t under_cursor_ = L' ';
};

/// The columns that a character takes; none for what is not printed.
[[nodiscard]] std::size_t columns_of(wchar_t character) noexcept;

/// The columns that a text of printable characters in UTF-8 takes.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The text, or as much of its beginning as fits with `…` behind it.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t columns);

}  // namespace belfry::terminal
