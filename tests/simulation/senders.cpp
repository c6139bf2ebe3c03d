#include "tests/simulation/senders.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/simulation/clients.hpp"

namespace skald::simulation {

void Senders::begin(const std::vector<Workflow>& workflows) {
  const std::regex type(R"(type: ((?:go\.s\d+|more|paid|packed)))");
  std::set<std::string> types;
  for (const auto& workflow : workflows) {
    for (std::sregex_iterator it(workflow.yaml.begin(), workflow.yaml.end(), type), end; it != end; ++it) {
      types.insert((*it)[1]);
    }
  }
  types_.assign(types.begin(), types.end());
  if (!types_.empty()) look();
}

void Senders::look() {
  auto& world = around_.world;
  for (const auto& row : around_.database.executions()) {
    if (!known_.insert(row.id).second) continue;
    for (const auto& type : types_) {
      const auto id = fmt::format("{}-{}", to_string(row.id), type);
      auto& event = events_.emplace_back(Event{dump_json({{"specversion", "1.0"},
                                                         {"id", id},
                                                         {"source", "world"},
                                                         {"type", type},
                                                         {"data", to_string(row.id)}})});
      world.after(soon(world), [this, &event] { send(event); });
    }
  }
  world.after(world.between(1s, 3s), [this] { look(); });
}

void Senders::send(Event& event) {
  if (event.acknowledged) return;
  auto& world = around_.world;
  world.after(kPatience, [this, &event] { send(event); });
  auto& node = *nodes_[world.below(nodes_.size())];
  if (!node.is_up()) return;
  node.call([this, &event](runtime::Engine& engine) {
    engine.accept_event(event.envelope,
                        [this, &event](Result<runtime::EventReceipt> receipt) { answered(event, receipt); });
  });
}

void Senders::answered(Event& event, const Result<runtime::EventReceipt>& receipt) {
  if (receipt) {
    around_.world.note("sender", "an event is {}", runtime::to_string(*receipt));
    if (*receipt == runtime::EventReceipt::kIgnored) around_.oracle.problem("an event was ignored: " + event.envelope);
    event.acknowledged = true;
  } else if (!is_temporary(receipt.error())) {
    around_.oracle.problem("an event was answered " + to_text(receipt.error()));
  }
}

bool Senders::are_quiet() const {
  return std::ranges::all_of(events_, &Event::acknowledged);
}

}  // namespace skald::simulation
