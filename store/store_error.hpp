#pragma once

#include <stdexcept>
#include <string>

namespace belfry::store {

/// An error of the store. The message is one line that names the file.
class StoreError : public std::runtime_error {
  public:
    /// The kind of error, which decides how the caller continues.
    enum class Kind {
        unusable,    ///< not a Belfry store, a newer one, or another log's: waiting does not help
        damaged,     ///< a part of the file is corrupt; the rest may be readable
        unreadable,  ///< the disk cannot read the file or a part of it
        failing,     ///< the disk is full or fails, or the file is busy: a later attempt may work
    };

    StoreError(Kind kind, const std::string& message) : std::runtime_error{message}, kind_{kind} {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }

    /// Tells whether the error concerns a part of the file, so that other parts may be readable.
    [[nodiscard]] bool is_local() const noexcept {
        return kind_ == Kind::damaged || kind_ == Kind::unreadable;
    }

  private:
    Kind kind_;
};

}  // namespace belfry::store
