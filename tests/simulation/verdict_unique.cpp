#include "tests/simulation/verdict_unique.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

namespace skald::simulation {
namespace {

// By the definition that the workflow was written with, and not by what the engine made of it.
constexpr Millis kWithin = std::chrono::seconds(40);

std::optional<std::string> about_of(const Payload& input) {
  const auto& json = input.json();
  const auto it = json.is_object() ? json.find("about") : json.end();
  return it != json.end() && it->is_string() ? std::optional(it->get<std::string>()) : std::nullopt;
}

bool is_judged(const Case& judged) {
  return judged.row.created.workflow == kSingleName;
}

Timestamp begun_at(const Case& judged) {
  return judged.written_at.front();
}

Timestamp until_of(const Case& judged) {
  return judged.row.created.started_at + kWithin;
}

// When it gave its key up, by the world's time.
std::optional<Timestamp> given_up_at(const Case& judged) {
  for (std::size_t i = 0; i < judged.events.size(); ++i) {
    const auto* ended = std::get_if<saga::ExecutionEnded>(&judged.events[i].data);
    if (ended != nullptr && ended->outcome != saga::Outcome::kCompleted) return judged.written_at[i];
  }
  return std::nullopt;
}

class UniqueJudge {
 public:
  UniqueJudge(const Cases& cases, const Clocks& clocks) : cases_(cases), clocks_(clocks) {}

  std::vector<std::string> judge(const std::deque<Refusal>& refusals) {
    std::map<std::string, std::vector<const Case*>> about;
    for (const auto& [id, judged] : cases_) {
      if (!is_judged(judged)) continue;
      const auto key = about_of(judged.state.input);
      if (key) about[*key].push_back(&judged);
      if (!key && judged.row.created.unique) problem(judged, "has a unique key, and is about nothing");
    }
    for (auto& [key, executions] : about) {
      std::ranges::sort(executions, {}, [](const Case* judged) { return begun_at(*judged); });
      check_order(executions);
    }
    for (const auto& refusal : refusals) check_refusal(refusal);
    return std::move(problems_);
  }

 private:
  template <class... Args>
  void problem(const Case& judged, fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(fmt::format("{}: {}", short_id(judged.row.id), fmt::format(text, std::forward<Args>(args)...)));
  }

  // Each had the key from its start on, and nobody else.
  void check_order(const std::vector<const Case*>& executions) {
    const Case* holder = nullptr;
    for (const Case* next : executions) {
      const bool is_over = holder == nullptr || next->row.created.started_at >= until_of(*holder);
      const auto given_up = holder == nullptr ? std::nullopt : given_up_at(*holder);
      if (!is_over && !(given_up && *given_up <= begun_at(*next))) {
        problem(*next, "was begun while {} was about the same", short_id(holder->row.id));
      }
      holder = next;
    }
    for (const Case* judged : executions) check_row(*judged, judged == holder);
  }

  void check_row(const Case& judged, bool is_last) {
    const auto& unique = judged.row.created.unique;
    const bool has_it = is_last && !given_up_at(judged);
    if (unique.has_value() != has_it)
      problem(judged, "the row says that it {} its key", unique ? "has" : "has given up");
    if (unique && unique->until != until_of(judged)) problem(judged, "has its key until another time");
  }

  void check_refusal(const Refusal& refusal) {
    const auto it = cases_.find(refusal.holder);
    if (it == cases_.end()) return problems_.push_back("a start was refused for one that does not exist");
    const Case& holder = it->second;
    if (!is_judged(holder) || about_of(holder.state.input) != about_of(refusal.input)) {
      problem(holder, "stood in the way of a start that is about something else");
    }
    if (refusal.key && refusal.key == holder.row.created.idempotency_key) problem(holder, "was refused by itself");
    const auto given_up = given_up_at(holder);
    if (given_up && *given_up < refusal.asked_at) problem(holder, "stood in the way after it had given its key up");
    if (until_of(holder) <= refusal.asked_at - clocks_.behind_most) problem(holder, "stood in the way for too long");
  }

  const Cases& cases_;
  const Clocks& clocks_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> judge_unique(const Cases& cases, const std::deque<Refusal>& refusals, const Clocks& clocks) {
  return UniqueJudge(cases, clocks).judge(refusals);
}

}  // namespace skald::simulation
