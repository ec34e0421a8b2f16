#pragma once

#include "bench/support/report.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace belfry::bench {

/// A picture of some of a report's figures.
struct Plot {
    std::string file;   ///< without its ending
    std::string group;  ///< of the figures
    std::string x;      ///< the setting on the horizontal axis
    std::string title;
    std::string y;                            ///< what stands at the vertical axis
    std::map<std::string, double> only = {};  ///< settings that the figures must have
};

/// Writes the report as JSON, as a table, and as plots; without gnuplot (Debian: gnuplot-nox) a
/// line says that there are none. Draws those plots that have at least two points as SVG, with one
/// line for each series; both axes are logarithmic, since what is plotted grows by factors.
void write_results(Report& report, const std::vector<Plot>& plots,
                   const std::filesystem::path& dir);

}  // namespace belfry::bench
