#include "tests/simulation/verdict_pairs.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "tests/simulation/workflows.hpp"

namespace skald::simulation {
bool is_started_by_events(const ports::NewExecution& execution) {
  return execution.workflow == kPairingName && execution.idempotency_key &&
         execution.idempotency_key->starts_with("schedule/event/");
}

std::vector<std::string> judge_pairs(const Cases& cases, std::size_t pairs) {
  std::vector<std::string> problems;
  std::map<std::string, int> used;
  std::size_t begun = 0;
  for (const auto& [id, judged] : cases) {
    if (!is_started_by_events(judged.row.created)) continue;
    ++begun;
    std::map<std::string, int> types;
    for (const auto& event : judged.state.input.json()) {
      ++types[event.at("type").get<std::string>()];
      ++used[event.at("id").get<std::string>()];
    }
    if (types != std::map<std::string, int>{{"left", 1}, {"right", 1}}) {
      problems.push_back(fmt::format("{} was started by {}", short_id(id), judged.state.input.text()));
    }
  }
  for (const auto& [id, times] : used) {
    if (times > 1) problems.push_back(fmt::format("the event {} has started {} executions", id, times));
  }
  if (begun != pairs) problems.push_back(fmt::format("{} pairs of events have started {} executions", pairs, begun));
  return problems;
}

}  // namespace skald::simulation
