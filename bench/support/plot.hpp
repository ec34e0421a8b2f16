#pragma once

#include "bench/support/report.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace belfry::bench {

/// A plot of some figures of a report.
struct Plot {
    std::string file;   ///< without its extension
    std::string group;  ///< the group of the figures
    std::string x;      ///< the setting on the horizontal axis
    std::string title;
    std::string y;                            ///< the label of the vertical axis
    std::map<std::string, double> only = {};  ///< only figures with these settings are drawn
};

/// Writes the report as JSON, as a table, and as plots. Plots that have at least two points are
/// drawn as SVG, with one line for each series. Both axes are logarithmic, because the settings
/// grow by factors. Without gnuplot (Debian: gnuplot-nox) a remark says that there are no plots.
void write_results(Report& report, const std::vector<Plot>& plots,
                   const std::filesystem::path& dir);

}  // namespace belfry::bench
