#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

enum class Unit { per_second, milliseconds, microseconds, nanoseconds, kibibytes, none };

/// The results of one contestant: a value for each round.
struct Series {
    std::string name;
    std::vector<double> values;
};

/// The values of Belfry divided by those of another contestant in the same round.
struct Ratio {
    std::string against;
    std::vector<double> values;
    std::string wanted;  ///< the wanted ratio; empty if there is none
};

/// One line of the table. Its first series is that of Belfry.
struct Figure {
    std::string group;  ///< figures of a group are plotted together
    std::string what;
    Unit unit = Unit::per_second;
    std::vector<Series> series;
    std::vector<Ratio> ratios = {};
    std::string wanted = {};                      ///< the wanted value of Belfry
    std::map<std::string, double> settings = {};  ///< for example "subscribers", "bytes"
};

/// The results of a program. Each line is printed at once; the files are written at the end.
class Report {
  public:
    /// @param program the name of the program and of the files
    /// @param conditions describes the conditions of all measurements
    Report(std::string program, std::string conditions);

    /// Adds a figure, and prints its medians, and the median, minimum and maximum of its ratios.
    void add(Figure figure);

    /// Adds and prints a remark, but the same one only once.
    void remark(const std::string& text);

    /// Writes PROGRAM.json and PROGRAM.md.
    /// @param dir is created if it is missing
    void write(const std::filesystem::path& dir) const;

    [[nodiscard]] const std::vector<Figure>& figures() const { return figures_; }

  private:
    [[nodiscard]] std::string as_json() const;
    [[nodiscard]] std::string as_markdown() const;

    std::string program_;
    std::string conditions_;
    std::vector<Figure> figures_;
    std::vector<std::string> remarks_;
};

/// Returns the median.
/// @param values must not be empty
[[nodiscard]] double median(std::vector<double> values);

/// Divides each value by that of the same round. The length is that of the shorter list.
[[nodiscard]] std::vector<double> ratios_of(const std::vector<double>& values,
                                            const std::vector<double>& others);

/// Returns the greater value of each round.
[[nodiscard]] std::vector<double> better_of(const std::vector<double>& values,
                                            const std::vector<double>& others);

/// Returns the number with commas, as in 12,345.
[[nodiscard]] std::string with_commas(std::uint64_t number);

/// Returns the value with its unit, as tables show it.
[[nodiscard]] std::string text_of(double value, Unit unit);

}  // namespace belfry::bench
