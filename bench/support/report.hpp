#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::bench {

enum class Unit { per_second, milliseconds, microseconds, nanoseconds, kibibytes, none };

/// What one contestant reached: a value for each round.
struct Series {
    std::string name;
    std::vector<double> values;
};

/// Belfry's value by another's of the same round.
struct Ratio {
    std::string against;
    std::vector<double> values;
    std::string wanted;  ///< empty: nothing in particular
};

/// One line of the table. Its first series is Belfry's.
struct Figure {
    std::string group;  ///< what is plotted together
    std::string what;
    Unit unit = Unit::per_second;
    std::vector<Series> series;
    std::vector<Ratio> ratios = {};
    std::string wanted = {};                      ///< of Belfry's own figure
    std::map<std::string, double> settings = {};  ///< as "subscribers", "bytes"
};

/// What a program has measured. Prints each line at once; the rest is written at the end.
class Report {
  public:
    /// @param program its name; also that of the files
    /// @param conditions what holds for all lines, in words
    Report(std::string program, std::string conditions);

    /// Prints medians of the figures, and median, least and greatest of the ratios.
    void add(Figure figure);

    /// Prints and keeps a line between the others; the same one only once.
    void remark(const std::string& text);

    /// Writes PROGRAM.json and PROGRAM.md.
    /// @param dir made where it is missing
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

/// @param values not empty
[[nodiscard]] double median(std::vector<double> values);

/// Each value by that of the same round. The shorter one counts.
[[nodiscard]] std::vector<double> ratios_of(const std::vector<double>& values,
                                            const std::vector<double>& others);

/// The greater one of each round.
[[nodiscard]] std::vector<double> better_of(const std::vector<double>& values,
                                            const std::vector<double>& others);

/// 12345 as 12,345.
[[nodiscard]] std::string with_commas(std::uint64_t number);

/// A figure with its unit, as in tables.
[[nodiscard]] std::string text_of(double value, Unit unit);

}  // namespace belfry::bench
