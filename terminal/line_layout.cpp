#include "terminal/line_layout.hpp"

#include "base/utf8.hpp"

#include <wchar.h>
#include <wctype.h>

#include <algorithm>

namespace belfry::terminal {
namespace {

using namespace std::string_view_literals;

struct Position {
    std::size_t row = 0;
    std::size_t column = 0;
};

// Returns where the cursor is after a line that the terminal wraps by itself.
Position flow(std::wstring_view line, std::size_t columns) {
    Position place;
    for (const wchar_t character : line) {
        const std::size_t width = columns_of(character);
        if (place.column + width > columns) place = {place.row + 1, 0};
        place.column += width;
    }
    return place;
}

}  // namespace

LineLayout::LineLayout(std::size_t columns, std::wstring_view text, std::size_t cursor)
    : columns_{columns} {
    for (std::size_t index = 0; index <= text.size(); ++index) {
        if (index == cursor) {
            cursor_row_ = rows_.size() - 1;
            cursor_index_ = rows_.back().text.size();
            if (index < text.size()) under_cursor_ = text[index];
        }
        if (index < text.size()) put(text[index]);
    }
}

void LineLayout::put(wchar_t character) {
    constexpr std::size_t tab_stop = 8;
    if (character == L'\n') {
        rows_.back().is_broken = true;
        next_row();
        column_ = 0;
    } else if (character == L'\t') {
        do {
            add(L' ');
        } while (column_ % tab_stop != 0);
    } else if (character < 0x20 || character == 0x7f) {
        for (const wchar_t shown : L"^X"sv) add(shown);
    } else if (::iswprint(static_cast<wint_t>(character)) == 0) {
        for (const wchar_t shown : character > 0xffff ? L"\\U+XXXXX"sv : L"\\U+XXXX"sv) add(shown);
    } else {
        add(character);
    }
}

// A wide character that does not fit at the end of a row moves to the next row.
void LineLayout::add(wchar_t character) {
    const std::size_t width = columns_of(character);
    while (column_ + width > columns_) add(L' ');
    rows_.back().text += character;
    column_ += width;
    if (column_ < columns_) return;
    next_row();
    column_ = 0;
}

bool LineLayout::ends_line(const Row& row) {
    return row.is_broken || row.text.ends_with(L' ');
}

bool LineLayout::has_breaks() const {
    return std::any_of(rows_.begin(), rows_.end() - 1, ends_line);
}

std::size_t LineLayout::cursor_row(std::size_t columns) const {
    std::size_t above = 0;
    std::wstring line;
    for (std::size_t index = 0; index < cursor_row_; ++index) {
        line += rows_[index].text;
        if (!ends_line(rows_[index])) continue;
        line.erase(line.find_last_not_of(L' ') + 1);
        above += flow(line, columns).row + 1;
        line.clear();
    }
    line += rows_[cursor_row_].text.substr(0, cursor_index_);
    const Position end = flow(line, columns);
    const std::size_t width = std::max<std::size_t>(columns_of(under_cursor_), 1);
    return above + end.row + (end.column + width > columns ? 1 : 0);
}

std::size_t columns_of(wchar_t character) noexcept {
    const int width = ::wcwidth(character);
    return width < 0 ? 0 : static_cast<std::size_t>(width);
}

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (const wchar_t character : base::wide(text)) columns += columns_of(character);
    return columns;
}

std::string fitted(std::string_view text, std::size_t columns) {
    if (columns_of(text) <= columns) return std::string{text};
    std::wstring front;
    std::size_t taken = 1;
    for (const wchar_t character : base::wide(text)) {
        taken += columns_of(character);
        if (taken > columns) break;
        front += character;
    }
    return base::narrow(front + L'…');
}

}  // namespace belfry::terminal
