// One execution of the standard work on its way, with the data of the rows that its next commit writes.
//
// The probe decides nothing: three steps follow each other, and what they write is known beforehand but for ids, times
// and the participant's answers. The strings keep their room from one execution to the next. Thread rule: the loop's,
// and the writer's while a commit is under way; never both at once.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

namespace skald::probe {

inline constexpr std::size_t kSteps = 3;
inline constexpr std::array<std::string_view, kSteps> kStepNames = {"first", "second", "third"};
// Of some definition: only its size matters.
inline constexpr std::string_view kDigest = "90d5f57ac4a8c9f0c422dc20fc29d3164307c592c74fd21809f4e5a64840048c";

struct Execution {
  ExecutionId id;
  std::string id_text;
  std::string input;                        // the start's body, as received
  std::size_t steps_done = 0;               // kSteps: it ends with the next commit
  std::array<Timestamp, kSteps + 1> at;     // its start, and the completion of each step
  std::array<std::string, kSteps> outputs;  // as the participant sent them

  // Row data; which of them a commit writes follows from `steps_done`.
  std::string started;
  std::string step_started;
  std::string step_completed;
  std::string ended;
  std::size_t call_begin = 0;  // of the call's body in `step_started`

  std::string_view order() const;      // "order-0000000042", from the input
  std::string_view first_id() const;   // of the first answer, quotes included
  std::string_view third_id() const;   // of the last
  std::string_view call_body() const;  // of the step under way
};

// Begins with `input` set. False where that is not the standard input (skald-load's).
bool begin(Execution& execution, Timestamp at, std::uint64_t random_high, std::uint64_t random_low);

// Takes the participant's answer to the step under way. False where it is not {"id":...}.
bool complete_step(Execution& execution, std::string_view answer, Timestamp at);

}  // namespace skald::probe
