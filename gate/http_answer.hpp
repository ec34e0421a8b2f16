#pragma once

#include "gate/page_files.hpp"

#include <boost/beast/http/message.hpp>

#include <string>
#include <string_view>

namespace belfry::gate {

/// An answer to a request.
struct HttpAnswer {
    std::string head;  ///< the status line and the fields, with the empty line
    std::string_view body = {};
    bool closes = false;  ///< the connection ends after it
};

/// Makes answers for one request. Each has the fields that restrict what a browser does with it:
/// it loads nothing from elsewhere, shows it in no frame, and does not guess its type.
class HttpAnswers {
  public:
    /// What the answers depend on.
    struct Context {
        bool is_secure = false;      ///< the browser is connected by TLS
        std::string_view host = {};  ///< of the request; empty if it is not known to be sound
        bool is_head = false;        ///< the answer has no body
        bool closes = false;
    };
    explicit HttpAnswers(const Context& context) : context_{context} {}

    /// Answers with a file, or says that the browser's copy of it is still right.
    [[nodiscard]] HttpAnswer file(const PageFile& file, bool is_unchanged) const;

    /// Answers with a status and a line of text.
    /// @param fields further fields, each with CRLF
    [[nodiscard]] HttpAnswer status(boost::beast::http::status status,
                                    std::string_view fields = {}) const;

  private:
    [[nodiscard]] std::string head(boost::beast::http::status status) const;
    [[nodiscard]] HttpAnswer finished(std::string head, std::string_view body) const;

    Context context_;
};

}  // namespace belfry::gate
