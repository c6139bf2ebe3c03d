// What the picture says of a step, in a few words.
#pragma once

#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/definition/definition.hpp"

namespace skald::graph {

// "2 s", "1 min 30 s", "250 ms", "1 d 2 h".
std::string in_words(Millis duration);

// "payments.charge", "wait 2 h", "for each line of $workflow.input.lines".
std::string what_of(const definition::Step& step);

// Condition, time limits, retries, what follows a failure: a line each. `around`: the name of the step that it stands
// in, empty for none.
std::vector<std::string> notes_of(const definition::Step& step, const std::string& around);

// Timeout, and what the saga does other than by default.
std::vector<std::string> notes_of(const definition::Definition& definition);

// What a `try` catches, and what it does then: "catch status 409, after undoing".
std::string catch_of(const definition::TryStep& step);

// What an undo does, a line each step of it.
std::vector<std::string> lines_of_undo(const definition::Step& undo);

// A `then`: "charge", "next step", "end", "leave lines", "undo everything".
std::string target_of(const std::string& then, const std::string& around);

}  // namespace skald::graph
