/// The headers that nearly every test includes and that take longest to compile. The Makefile
/// compiles this file once for each build folder. No test relies on it: each includes what it uses.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>
