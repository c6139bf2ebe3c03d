// Which way the flow can take through a list of steps: falling from one to the next, skipped by `if`, sent on by
// `then`.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/definition/step.hpp"

namespace skald::definition {

// Where the question before hooks sends the flow that goes past them: to the step that they stand around. No name.
inline constexpr std::string_view kThenHooked = "extended step";

// Every `then` that may be followed when the step has ended; "" is the next step.
std::vector<std::string> directives_of(const Step& step);

// Whether no way leads out of the step: it raises an error, which nothing passes over.
bool always_fails(const Step& step);

// The place of the step of that name; list.size() where there is none.
std::size_t place_of(std::span<const Step> list, std::string_view name);

// The place at which the flow goes on behind the step at `place` that has ended with `then`; list.size(): the list's
// end.
std::size_t place_behind(std::span<const Step> list, std::size_t place, std::string_view then);

// Of a list of hooks it takes it that the step that they stand around goes on behind itself.
class ListGraph {
 public:
  // The list must outlive it. `with_ends`: as it is for those outputs.
  explicit ListGraph(std::span<const Step> list, bool with_ends = false);

  // The end of the list as a place: where it hands its output on. `compensate` does not lead there, and `end` does only
  // for what it completes on its way: the output of the steps around, and of the workflow.
  std::size_t end() const { return list_.size(); }

  // Whether some way leads from the list's first step to `place`.
  bool reaches(std::size_t place) const { return reaches(place, list_.size() + 1); }
  // Whether every such way passes `step`.
  bool always_passes(std::size_t step, std::size_t place) const { return !reaches(place, step); }
  // Whether some way leads from the step on to itself.
  bool returns_to(std::size_t step) const;
  // Which places some way leads to from those given, themselves among them.
  std::vector<bool> reached_from(std::vector<std::size_t> places) const {
    return reached_from(std::move(places), list_.size() + 1);
  }

 private:
  bool reaches(std::size_t place, std::size_t without) const;
  std::vector<bool> reached_from(std::vector<std::size_t> from, std::size_t without) const;

  std::span<const Step> list_;
  std::vector<std::vector<std::size_t>> next_;  // of each step
};

}  // namespace skald::definition
