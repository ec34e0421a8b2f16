#pragma once

#include "store/saved_log.hpp"

#include <string>

namespace belfry::ctl {

/// The form in which a message is printed. It is always one line.
enum class LineForm {
    people,      ///< id, local time, sender, text; unsafe characters and line breaks become `?`
    json,        ///< for programs, see cli/json.hpp
    ascii_json,  ///< JSON with all characters but ASCII escaped, for a terminal
};

/// Returns the form for standard output. @param json whether `--json` was given
[[nodiscard]] LineForm line_form(bool json) noexcept;

/// Appends a message as one line of that form.
void append_line(std::string& out, const store::Message& message, LineForm form);

}  // namespace belfry::ctl
