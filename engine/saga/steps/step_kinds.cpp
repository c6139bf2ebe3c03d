#include "engine/saga/steps/step_kinds.hpp"

#include <nlohmann/json.hpp>

#include "engine/saga/path.hpp"
#include "engine/saga/steps/deadline.hpp"

namespace skald::saga {

StepStarted opening_of(const Planner& planner, const definition::Step& step, std::string_view path,
                       const StepInput& input) {
  return StepStarted{.step = std::string(path),
                     .round = planner.round_of(path),
                     .request = nullptr,
                     .input = input.if_changed(),
                     .deadline = deadline_of(planner, step),
                     .status = step.status.running};
}

namespace {

// A step between hooks says what its list leaves, unless they went past it.
Payload left_by(const definition::Step& step, const StepState& list, std::uint32_t round) {
  const auto* kind = std::get_if<definition::DoStep>(&step.kind);
  if (kind == nullptr || !kind->hooked) return data_left_by(list, round);
  const std::string& hooked = kind->steps[kind->hooked->place].name;
  for (auto child = list.children.rbegin(); child != list.children.rend(); ++child) {
    if (base_name(child->name) != hooked) continue;
    return child->status == StepStatus::kCompleted ? child->output : list.input;
  }
  return data_left_by(list, round);
}

}  // namespace

bool advance_to_end(Planner& planner, const definition::Step& step, std::string_view path,
                    std::span<const definition::Step> steps, std::uint32_t round) {
  switch (advance_list(planner, steps, path, round)) {
    case Progress::kWaiting:
      return false;
    case Progress::kCompleted:
      complete_step(planner, step, path, left_by(step, planner.step(path), round));
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
