#include "engine/saga/steps/step_kinds.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/definition/step_lists.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/steps/deadline.hpp"

namespace skald::saga {

StepStarted opening_of(const Planner& planner, const definition::Step& step, std::string_view path,
                       const StepInput& input) {
  return StepStarted{.step = std::string(path),
                     .round = planner.round_of(path),
                     .request = nullptr,
                     .input = input.if_changed(),
                     .deadline = input.timeout ? std::optional(planner.now() + *input.timeout) : std::nullopt,
                     .status = step.status.running};
}

namespace {

// The entry of the step that a list's hooks stand around; null where it has none, or they went past it.
const StepState* hooked_entry(const definition::Step& step, const StepState& list) {
  const definition::Step* hooked = definition::hooked_step(step);
  if (hooked == nullptr) return nullptr;
  const auto found = std::find_if(list.children.rbegin(), list.children.rend(),
                                  [&](const StepState& child) { return base_name(child.name) == hooked->name; });
  return found == list.children.rend() ? nullptr : &*found;
}

// It says what its list leaves, and where the flow goes on behind it.
void complete_list(Planner& planner, const definition::Step& step, std::string_view path, std::uint32_t round) {
  const StepState& list = planner.step(path);
  const StepState* hooked = hooked_entry(step, list);
  if (hooked == nullptr) return complete_step(planner, step, path, data_left_by(list, round));
  const Payload output = hooked->status == StepStatus::kCompleted ? hooked->output : hooked->input;
  const bool has_chosen = definition::is_switch(step) || !hooked->then.empty();
  const auto then = has_chosen ? std::optional(hooked->then) : std::nullopt;
  complete_step(planner, step, path, output, {.then = then});
}

}  // namespace

bool advance_to_end(Planner& planner, const definition::Step& step, std::string_view path,
                    std::span<const definition::Step> steps, std::uint32_t round) {
  switch (advance_list(planner, steps, path, round)) {
    case Progress::kWaiting:
      return false;
    case Progress::kCompleted:
      complete_list(planner, step, path, round);
      return true;
    case Progress::kFailed:
      fail_step(planner, step, path, Payload(last_entry(planner.step(path), round)->error), false);
      return true;
  }
  return false;
}

Payload outputs_of(const StepState& step, std::uint32_t count) {
  Json outputs = Json::array();
  for (std::uint32_t round = 1; round <= count; ++round) outputs.push_back(data_left_by(step, round).json());
  return Payload::from_json(std::move(outputs));
}

}  // namespace skald::saga
