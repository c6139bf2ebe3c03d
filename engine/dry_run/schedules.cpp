#include "engine/dry_run/schedules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "engine/base/mix.hpp"
#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

constexpr std::array kCallTroubles = {Trouble::kRefused, Trouble::kUnknown, Trouble::kLost,
                                      Trouble::kSlow,    Trouble::kCrash,   Trouble::kCrashBefore};
// Of an undo it makes no difference whether it is slow, or by whose fault it is not answered at first.
constexpr std::array kUndoTroubles = {Trouble::kRefused, Trouble::kUnknown, Trouble::kCrash, Trouble::kCrashBefore};
// Nothing is lost on the way to another execution: it ends well, or it fails, or it leaves effects.
constexpr std::array kRunTroubles = {Trouble::kRefused, Trouble::kUnknown, Trouble::kCrash};
constexpr std::array kRunUndoTroubles = {Trouble::kRefused, Trouble::kCrash};
// An event comes or it does not.
constexpr std::array kEventTroubles = {Trouble::kLost};

Column column_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::kUnknown:
      return Column::kUnknown;
    case Trouble::kLost:
      return Column::kLost;
    case Trouble::kSlow:
      return Column::kSlow;
    case Trouble::kCrash:
    case Trouble::kCrashBefore:
      return Column::kCrash;
    case Trouble::kNone:
    case Trouble::kRefused:
      break;
  }
  return Column::kRefused;
}

void add_troubles(const Run& run, const Point& point, std::span<const Trouble> troubles, Extensions& out) {
  for (const Trouble trouble : troubles) {
    Schedule schedule = run.schedule;
    schedule.faults.push_back({.call = point.step, .trouble = trouble});
    out.candidates.push_back(
        {.schedule = std::move(schedule), .step = saga::static_path(point.step), .column = column_of(trouble)});
  }
}

void add_interruption(const Run& run, const Point& point, Interruption::What what, Extensions& out) {
  Schedule schedule = run.schedule;
  const bool is_during = point.kind == Point::Kind::kDuring;
  schedule.interruption = Interruption{
      .what = what, .when = is_during ? Interruption::When::kDuring : Interruption::When::kAfter, .step = point.step};
  out.candidates.push_back({.schedule = std::move(schedule),
                            .step = saga::static_path(point.step),
                            .column = what == Interruption::What::kCancel ? Column::kCancelled : Column::kTimedOut});
}

}  // namespace

Extensions extend(const Run& run) {
  Extensions out;
  if (run.was_refused) return out;
  using Place = std::pair<Point::Kind, std::string>;
  std::map<Place, std::size_t> entries;
  for (const auto& point : run.points) ++entries[{point.kind, saga::static_path(point.step)}];
  std::map<Place, std::size_t> met;
  for (std::size_t i = 0; i < run.points.size(); ++i) {
    const Point& point = run.points[i];
    const Place place{point.kind, saga::static_path(point.step)};
    const std::size_t entry = ++met[place];
    if (i < run.points_behind) continue;
    if (entry > 2 && entry != entries[place]) {
      ++out.calls_left_out;
    } else if (point.kind == Point::Kind::kEvent) {
      add_troubles(run, point, kEventTroubles, out);
    } else if (point.kind == Point::Kind::kRun) {
      add_troubles(run, point, saga::is_in_undo(point.step) ? std::span<const Trouble>(kRunUndoTroubles) : kRunTroubles,
                   out);
    } else if (point.kind != Point::Kind::kCall) {
      add_interruption(run, point, Interruption::What::kCancel, out);
      if (point.may_time_out) add_interruption(run, point, Interruption::What::kTimeout, out);
    } else if (saga::is_in_undo(point.step)) {
      add_troubles(run, point, kUndoTroubles, out);
    } else {
      add_troubles(run, point, kCallTroubles, out);
    }
  }
  return out;
}

void Pool::add(Candidate candidate) {
  candidate.number = seen_++;
  if (kept_.size() < max_) {
    kept_.push_back(std::move(candidate));
  } else if (const std::size_t place = next() % seen_; place < max_) {
    kept_[place] = std::move(candidate);
  }
}

std::vector<Candidate> Pool::take(Order order) {
  std::sort(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  if (order == Order::kMixed) {
    for (std::size_t i = kept_.size(); i > 1; --i) std::swap(kept_[i - 1], kept_[next() % i]);
  }
  return std::move(kept_);
}

std::uint64_t Pool::next() {
  return mix(std::exchange(random_, random_ + kMixStep));
}

}  // namespace skald::dry_run
