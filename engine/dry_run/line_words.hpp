// What of a history stands in the order of calls and undos, besides the calls, and in which words.
#pragma once

#include <optional>

#include "engine/dry_run/run.hpp"
#include "engine/saga/event.hpp"

namespace skald::dry_run {

// nullopt: it is not told. Without its time.
std::optional<Line> line_of(const saga::EventData& event);

// "expression: the path parameter 'id' has no value" of a problem object.
std::string words_of_problem(const Payload& problem);

}  // namespace skald::dry_run
