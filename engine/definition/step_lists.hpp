// The lists of steps inside a step, whatever its kind.
//
// A kind that has lists says so by `each_list`; indexing, checks and views ask for_each_list and know no kind.
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "engine/definition/step.hpp"

namespace skald::definition {

// `visit(ListRole, list)` for each list directly inside `step`; its undo is not among them.
template <class AnyStep, class Visit>
void for_each_list(AnyStep& step, Visit&& visit) {
  std::visit(
      [&](auto& kind) {
        if constexpr (requires { kind.each_list(visit); }) kind.each_list(visit);
      },
      step.kind);
}

// The step that the hooks in its list stand around; null where it has none.
inline const Step* hooked_step(const Step& step) {
  const auto* list = std::get_if<DoStep>(&step.kind);
  return list != nullptr && list->hooked ? &list->steps[*list->hooked] : nullptr;
}

// The step of the document within all its hooks.
inline const Step* without_hooks(const Step* step) {
  while (const Step* hooked = step != nullptr ? hooked_step(*step) : nullptr) step = hooked;
  return step;
}

// Whether it says itself where the flow goes on, within its hooks.
inline bool is_switch(const Step& step) {
  return std::holds_alternative<SwitchStep>(without_hooks(&step)->kind);
}

// The list that holds `child`, which stands directly inside `parent`, and its role.
inline std::pair<ListRole, const std::vector<Step>*> list_around(const Step& parent, const Step& child) {
  std::pair<ListRole, const std::vector<Step>*> found{ListRole::kSequence, nullptr};
  for_each_list(parent, [&](ListRole role, const std::vector<Step>& list) {
    for (const Step& step : list) {
      if (&step == &child) found = {role, &list};
    }
  });
  return found;
}

}  // namespace skald::definition
