// W3C Trace Context, level 1: one trace an execution, one span an attempt, derived and never random, so that a re-sent
// call and a restarted process tell the same story. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"
#include "engine/saga/effect.hpp"

namespace skald::adapters {

// The span of one attempt at one step; never zero.
std::uint64_t span_id_of(const ExecutionId& execution, std::string_view step, saga::Action action,
                         std::uint32_t attempt);

// "00-<trace id: the execution's 16 bytes>-<span id>-01", appended.
void append_traceparent(std::string& out, const ExecutionId& execution, std::uint64_t span_id);

}  // namespace skald::adapters
