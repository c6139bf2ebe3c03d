// The process_* metrics that Prometheus' client libraries agree on, read from /proc. Linux.
#pragma once

#include <string>

#include "engine/base/time.hpp"

namespace skald::api {

// Appends the metrics in the text format. What cannot be read is left out.
void append_process_metrics(std::string& out, Timestamp started_at);

}  // namespace skald::api
