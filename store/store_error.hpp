#pragma once

#include <stdexcept>
#include <string>

namespace belfry::store {

/// The store does not do what was asked: the message is one clear line that names the file.
class StoreError : public std::runtime_error {
  public:
    /// What kind of trouble it is, for who can do something about it.
    enum class Kind {
        unusable,    ///< not a Belfry store, a newer one, another log's: waiting does not help
        damaged,     ///< a part of the file is not what it was; the rest may be well
        unreadable,  ///< the disk does not give a part of the file, or none of it
        failing,     ///< the disk is full or broken, or the file is busy: it may pass
    };

    StoreError(Kind kind, const std::string& message) : std::runtime_error{message}, kind_{kind} {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }

    /// It is about a part of the file: another part may be well.
    [[nodiscard]] bool is_local() const noexcept {
        return kind_ == Kind::damaged || kind_ == Kind::unreadable;
    }

  private:
    Kind kind_;
};

}  // namespace belfry::store
