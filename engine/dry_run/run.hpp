// One dry run: what was called in which order, how it ended, what stands, and where else trouble could have come.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/dry_run/schedule.hpp"
#include "engine/saga/request.hpp"
#include "engine/saga/state.hpp"

namespace skald::dry_run {

// kParked: only an operator could go on. kUnfinished: the run was stopped at a bound.
enum class Ending : std::uint8_t { kCompleted, kCompensated, kCancelled, kFaulted, kParked, kUnfinished };
std::string_view to_string(Ending ending);

// A line of what happened, in order.
struct Line {
  // kNote is what is neither: a crash, a cancellation, an incident, the end.
  enum class Kind : std::uint8_t { kCall, kSettle, kUndo, kWait, kNote };

  Millis at{0};  // since the start
  Kind kind = Kind::kNote;
  std::string step;  // instance path; of a note: whom it concerns, may be empty
  std::uint32_t attempt = 0;
  std::string words;
};
std::string_view to_string(Line::Kind kind);

// A place where trouble can come: a call is sent for the first time, another execution is begun or asked to undo
// itself, a step begins to listen, or the engine has just decided something.
struct Point {
  enum class Kind : std::uint8_t { kCall, kRun, kEvent, kDuring, kAfter };

  Kind kind = Kind::kCall;
  std::string step;
  bool may_time_out = false;  // of kDuring and kAfter: the workflow's timeout could pass there
};

struct Run {
  Schedule schedule;
  std::vector<Line> lines;
  std::vector<Point> points;      // in the order in which they came
  std::size_t points_behind = 0;  // of them, those at or before the schedule's last trouble
  bool was_interrupted = false;   // as the schedule says
  bool was_refused = false;       // the cancellation was: a pivot forbids it
  std::string waits_for;          // of an unfinished one: the step that listens for ever
  Ending ending = Ending::kUnfinished;
  std::size_t calls = 0;  // requests sent, undos and repetitions too
  Millis duration{0};
  std::vector<std::string> standing;                      // by the participants' books
  std::map<std::string, saga::RequestPtr> undo_requests;  // the last one, by instance path
  std::uint64_t work = 0;                                 // what it cost to play, in units of decisions and events
  saga::State state;                                      // where it ended
};

}  // namespace skald::dry_run
