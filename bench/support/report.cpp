#include "bench/support/report.hpp"

#include "bench/support/machine.hpp"
#include "tests/support/failure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace belfry::bench {
namespace {

std::string_view suffix_of(Unit unit) {
    switch (unit) {
        case Unit::per_second:
            return "/s";
        case Unit::milliseconds:
            return " ms";
        case Unit::microseconds:
            return " us";
        case Unit::nanoseconds:
            return " ns";
        case Unit::kibibytes:
            return " KiB";
        case Unit::none:
            return "";
    }
    return "";
}

std::string with_digits(double value, int digits) {
    char text[40];
    static_cast<void>(std::snprintf(text, sizeof text, "%.*f", digits, value));
    return text;
}

std::string ratio_text(const std::vector<double>& ratios) {
    const auto [least, greatest] = std::ranges::minmax(ratios);
    return with_digits(median(ratios), 2) + " (" + with_digits(least, 2) + " to " +
           with_digits(greatest, 2) + ")";
}

std::string wanted_text(const std::string& wanted) {
    return wanted.empty() ? "" : ", wanted " + wanted;
}

std::string line_of(const Figure& figure) {
    std::string line = figure.what + ":";
    for (const Series& series : figure.series) {
        line += "  " + series.name + " " + text_of(median(series.values), figure.unit);
    }
    line += wanted_text(figure.wanted);
    for (const Ratio& ratio : figure.ratios) {
        line +=
            "; of " + ratio.against + " " + ratio_text(ratio.values) + wanted_text(ratio.wanted);
    }
    return line;
}

void print_line(const std::string& text) {
    std::printf("%s\n", text.c_str());
    static_cast<void>(std::fflush(stdout));
}

nlohmann::json json_of(const Figure& figure) {
    nlohmann::json series = nlohmann::json::array();
    for (const Series& one : figure.series) {
        series.push_back(
            {{"name", one.name}, {"median", median(one.values)}, {"values", one.values}});
    }
    nlohmann::json ratios = nlohmann::json::array();
    for (const Ratio& ratio : figure.ratios) {
        ratios.push_back({{"against", ratio.against},
                          {"median", median(ratio.values)},
                          {"values", ratio.values},
                          {"wanted", ratio.wanted}});
    }
    return {
        {"group", figure.group},   {"what", figure.what},         {"unit", suffix_of(figure.unit)},
        {"wanted", figure.wanted}, {"settings", figure.settings}, {"series", series},
        {"ratios", ratios}};
}

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file{path};
    file << text;
    file.close();
    if (!file) throw test::Failure("cannot write " + path.string());
}

}  // namespace

Report::Report(std::string program, std::string conditions)
    : program_{std::move(program)}, conditions_{std::move(conditions)} {
    print_line(program_ + ": " + conditions_);
}

void Report::add(Figure figure) {
    print_line(line_of(figure));
    figures_.push_back(std::move(figure));
}

void Report::remark(const std::string& text) {
    if (std::ranges::find(remarks_, text) != remarks_.end()) return;
    print_line("  " + text);
    remarks_.push_back(text);
}

void Report::write(const std::filesystem::path& dir) const {
    std::filesystem::create_directories(dir);
    write_file(dir / (program_ + ".json"), as_json());
    write_file(dir / (program_ + ".md"), as_markdown());
}

std::string Report::as_json() const {
    nlohmann::json figures = nlohmann::json::array();
    for (const Figure& figure : figures_) figures.push_back(json_of(figure));
    const nlohmann::json all{{"program", program_},
                             {"machine", machine()},
                             {"conditions", conditions_},
                             {"figures", figures},
                             {"remarks", remarks_}};
    return all.dump(1) + "\n";
}

std::string Report::as_markdown() const {
    std::ostringstream out;
    out << "# " << program_ << "\n\n"
        << machine() << "; " << conditions_ << ".\n\n"
        << "| what | Belfry | wanted | others | ratio: median (least to greatest) |\n"
           "|---|---|---|---|---|\n";
    for (const Figure& figure : figures_) {
        out << "| " << figure.what << " |";
        std::string separator = " ";
        for (std::size_t i = 0; i < figure.series.size(); ++i) {
            const Series& series = figure.series[i];
            const std::string value = text_of(median(series.values), figure.unit);
            if (i == 0) {
                out << ' ' << value << " | " << figure.wanted << " |";
            } else {
                out << separator << series.name << ' ' << value;
                separator = ", ";
            }
        }
        out << " |";
        separator = " ";
        for (const Ratio& ratio : figure.ratios) {
            out << separator << ratio.against << ": " << ratio_text(ratio.values)
                << wanted_text(ratio.wanted);
            separator = "; ";
        }
        out << " |\n";
    }
    if (!remarks_.empty()) out << '\n';
    for (const std::string& remark : remarks_) out << "- " << remark << '\n';
    return out.str();
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    const std::size_t upper = values.size() / 2;
    const std::size_t lower = (values.size() - 1) / 2;
    return (values[lower] + values[upper]) / 2;
}

std::vector<double> ratios_of(const std::vector<double>& values,
                              const std::vector<double>& others) {
    std::vector<double> ratios(std::min(values.size(), others.size()));
    for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = values[i] / others[i];
    return ratios;
}

std::vector<double> better_of(const std::vector<double>& values,
                              const std::vector<double>& others) {
    std::vector<double> better(std::min(values.size(), others.size()));
    for (std::size_t i = 0; i < better.size(); ++i) better[i] = std::max(values[i], others[i]);
    return better;
}

std::string with_commas(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string text_of(double value, Unit unit) {
    const bool is_whole = std::abs(value) >= 100;
    const std::string sign = value < 0 ? "-" : "";
    value = std::abs(value);
    const std::string number = is_whole
                                   ? with_commas(static_cast<std::uint64_t>(std::llround(value)))
                                   : with_digits(value, 2);
    return sign + number + std::string{suffix_of(unit)};
}

}  // namespace belfry::bench
