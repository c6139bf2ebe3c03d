#include "tests/simulation/verdict_events.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace skald::simulation {

std::vector<std::string> judge_events(const Cases& cases, const Services& services) {
  std::vector<std::string> problems;
  for (const auto& [id, judged] : cases) {
    std::vector<std::string> emitted;
    for (const auto& event : judged.events) {
      const auto* completed = std::get_if<saga::StepCompleted>(&event.data);
      if (completed != nullptr && completed->emitted) emitted.push_back(completed->step);
    }
    const auto& heard = services.heard(id);
    if (heard == emitted) continue;
    problems.push_back(fmt::format("{} emitted [{}], and [{}] arrived", short_id(id), fmt::join(emitted, ", "),
                                   fmt::join(heard, ", ")));
  }
  return problems;
}

}  // namespace skald::simulation
