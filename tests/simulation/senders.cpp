#include "tests/simulation/senders.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/simulation/clients.hpp"

namespace skald::simulation {
namespace {

constexpr std::uint64_t kPairsMax = 8;

// Of the random workflows; those written by hand have one step for each.
bool may_repeat(const std::string& type) {
  return type == "more" || type.starts_with("go.");
}

}  // namespace

void Senders::begin(const std::vector<Workflow>& workflows) {
  const std::regex type(R"(type: ((?:go\.s\d+|more|paid|packed|sealed)))");
  std::set<std::string> types;
  for (const auto& workflow : workflows) {
    for (std::sregex_iterator it(workflow.yaml.begin(), workflow.yaml.end(), type), end; it != end; ++it) {
      types.insert((*it)[1]);
    }
  }
  types_.assign(types.begin(), types.end());
  const bool has_pairs = std::ranges::any_of(workflows, [](const auto& w) { return w.name == kPairingName; });
  if (has_pairs) pairs_ = 1 + around_.world.below(kPairsMax);
  for (std::size_t i = 0; i < pairs_; ++i) {
    make({}, "left");
    make({}, "right");
  }
  if (!types_.empty()) look();
}

void Senders::look() {
  auto& world = around_.world;
  for (const auto& row : around_.database.executions()) {
    const bool is_new = known_.insert(row.id).second;
    for (const auto& type : types_) {
      // A random step may be entered again, and wait again where an operator says so.
      const bool again = around_.faults.healed() && row.summary.phase == "waiting" && may_repeat(type);
      if (is_new || (again && world.chance(20))) make(row.id, type);
    }
  }
  world.after(world.between(1s, 3s), [this] { look(); });
}

void Senders::make(const ExecutionId& execution, const std::string& type) {
  auto& event = events_.emplace_back(Event{dump_json({{"specversion", "1.0"},
                                                      {"id", std::to_string(events_.size())},
                                                      {"source", "world"},
                                                      {"type", type},
                                                      {"data", to_string(execution)}})});
  around_.world.after(soon(around_.world), [this, &event] { send(event); });
}

void Senders::send(Event& event) {
  if (event.acknowledged) return;
  auto& world = around_.world;
  world.after(kPatience, [this, &event] { send(event); });
  auto& node = *nodes_[world.below(nodes_.size())];
  if (!node.is_up()) return;
  node.call([this, &event](runtime::Engine& engine) {
    engine.accept_event(event.envelope,
                        [this, &event](Result<runtime::EventAnswer> receipt) { answered(event, receipt); });
  });
}

void Senders::answered(Event& event, const Result<runtime::EventAnswer>& receipt) {
  if (receipt) {
    around_.world.note("sender", "an event is {}", runtime::to_string(receipt->receipt));
    if (receipt->receipt == runtime::EventReceipt::kIgnored)
      around_.oracle.problem("an event was ignored: " + event.envelope);
    event.acknowledged = true;
  } else if (!is_temporary(receipt.error())) {
    around_.oracle.problem("an event was answered " + to_text(receipt.error()));
  }
}

bool Senders::are_quiet() const {
  return std::ranges::all_of(events_, &Event::acknowledged);
}

}  // namespace skald::simulation
