/// The headers that many sources of the programs include and that take longest to compile. The
/// Makefile compiles this file once for each folder of a build with a sanitizer. No source relies
/// on it: each includes what it uses, which the build without a sanitizer proves.
#include <boost/interprocess/mapped_region.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>
