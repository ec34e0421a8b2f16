#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace belfry::test {

/// Sets or unsets an environment variable of the test program while the object exists.
class Variable {
  public:
    Variable(std::string name, const std::optional<std::string>& value) : name_{std::move(name)} {
        if (const char* before = std::getenv(name_.c_str())) before_ = before;
        set(value);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { set(before_); }

    void set(const std::optional<std::string>& value) const {
        if (value) {
            ::setenv(name_.c_str(), value->c_str(), 1);
        } else {
            ::unsetenv(name_.c_str());
        }
    }

  private:
    std::string name_;
    std::optional<std::string> before_;
};

}  // namespace belfry::test
