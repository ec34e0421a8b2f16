#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::terminal {

/// Computes where libedit has drawn each character of its prompt and line. libedit does not tell
/// where it has left the cursor, so this class follows the rules of its re_addc(), re_putc() and
/// re_update_line().
class LineLayout {
  public:
    /// @param columns the width of the terminal when the text was drawn
    /// @param text the prompt and the line
    /// @param cursor the index of the character under the cursor
    LineLayout(std::size_t columns, std::wstring_view text, std::size_t cursor);

    /// Returns the row of the cursor, counted from the row of the prompt.
    /// @param columns the width of the terminal now; if it has changed, the terminal has wrapped
    /// the text again
    [[nodiscard]] std::size_t cursor_row(std::size_t columns) const;

    /// Tells whether a row ends with blanks. When libedit draws such a row as a whole, it leaves
    /// the blanks out and moves to the next row by itself, so the terminal takes the rows for
    /// separate lines. When the blanks are typed one by one, the terminal wraps the row and joins
    /// them.
    [[nodiscard]] bool has_breaks() const;

  private:
    struct Row {
        std::wstring text;
        bool is_broken = false;  ///< it ends with a newline in the text
    };

    void put(wchar_t character);
    void add(wchar_t character);
    void next_row() { rows_.push_back({}); }
    [[nodiscard]] static bool ends_line(const Row& row);

    std::size_t columns_;
    std::size_t column_ = 0;
    std::vector<Row> rows_{1};
    std::size_t cursor_row_ = 0;
    std::size_t cursor_index_ = 0;  // the index of the cursor in that row
    wchar_t under_cursor_ = L' ';
};

/// Returns the width of a character in columns; 0 if it is not printable.
[[nodiscard]] std::size_t columns_of(wchar_t character) noexcept;

/// Returns the width in columns of a UTF-8 text of printable characters.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// Returns the text if it fits into the columns, else its beginning and `…`.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t columns);

}  // namespace belfry::terminal
