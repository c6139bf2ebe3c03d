// A load run as one line of JSON: what bench/run reads.
#pragma once

#include <string>

#include "bench/load/load_loop.hpp"

namespace skald::bench {

// Rates are a second, latencies milliseconds, CPU microseconds an answer within the window.
std::string to_json(const LoadPlan& plan, LoadResult result);

}  // namespace skald::bench
