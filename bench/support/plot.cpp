#include "bench/support/plot.hpp"

#include "bench/support/installed.hpp"
#include "tests/support/failure.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace belfry::bench {
namespace {

using Points = std::vector<std::pair<double, double>>;

bool is_in(const Plot& plot, const Figure& figure) {
    return figure.group == plot.group && figure.settings.contains(plot.x) &&
           std::ranges::all_of(plot.only, [&](const auto& setting) {
               const auto found = figure.settings.find(setting.first);
               return found != figure.settings.end() && found->second == setting.second;
           });
}

std::map<std::string, Points> lines_of(const Plot& plot, const Report& report) {
    std::map<std::string, Points> lines;
    for (const Figure& figure : report.figures()) {
        if (!is_in(plot, figure)) continue;
        for (const Series& series : figure.series) {
            const double value = median(series.values);
            if (value > 0) lines[series.name].emplace_back(figure.settings.at(plot.x), value);
        }
    }
    std::erase_if(lines, [](const auto& line) { return line.second.size() < 2; });
    return lines;
}

/// Writes the data blocks, and a command that draws all of them.
std::string script_for(const Plot& plot, const std::map<std::string, Points>& lines,
                       const std::filesystem::path& file) {
    std::ostringstream script;
    std::ostringstream command;
    int number = 0;
    for (const auto& [name, points] : lines) {
        script << "$line" << number << " << end\n";
        for (const auto& [x, y] : points) script << x << ' ' << y << '\n';
        script << "end\n";
        command << (number == 0 ? "plot " : ", ") << "$line" << number
                << " with linespoints linewidth 2 title '" << name << "'";
        ++number;
    }
    script << "set terminal svg size 720,480 background 'white'\nset output '" << file.string()
           << "'\nset title '" << plot.title << "'\nset xlabel '" << plot.x << "'\nset ylabel '"
           << plot.y << "'\nset logscale xy\nset grid\nset key outside\n"
           << command.str() << '\n';
    return script.str();
}

void run_gnuplot(const std::string& script) {
    test::Invocation command{*installed("gnuplot"), {"-"}};
    command.input = test::Input::pipe();
    test::Process gnuplot{command};
    gnuplot.write(script);
    gnuplot.close_input();
    if (gnuplot.wait() != 0) throw test::Failure("gnuplot has failed: " + gnuplot.err());
}

void draw(const std::vector<Plot>& plots, const Report& report, const std::filesystem::path& dir) {
    for (const Plot& plot : plots) {
        const auto lines = lines_of(plot, report);
        if (lines.empty()) continue;
        run_gnuplot(script_for(plot, lines, dir / (plot.file + ".svg")));
    }
}

}  // namespace

void write_results(Report& report, const std::vector<Plot>& plots,
                   const std::filesystem::path& dir) {
    const bool can_plot = installed("gnuplot").has_value();
    if (!can_plot && !plots.empty()) report.remark("gnuplot is not installed: no plots");
    report.write(dir);
    if (can_plot) draw(plots, report, dir);
}

}  // namespace belfry::bench
