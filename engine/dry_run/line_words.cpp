#include "engine/dry_run/line_words.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

Line note_on(std::string_view step, std::string words) {
  return {.kind = Line::Kind::kNote, .step = std::string(step), .words = std::move(words)};
}

struct Teller {
  std::optional<Line> operator()(const saga::StepStarted& e) const {
    if (!e.wait_until) return std::nullopt;
    return Line{.kind = Line::Kind::kWait, .step = e.step, .words = "waits"};
  }
  std::optional<Line> operator()(const saga::StepCompleted& e) const {
    if (!e.emitted) return std::nullopt;
    return note_on(e.step, "emits " + e.emitted->json().at("type").get<std::string>());
  }
  std::optional<Line> operator()(const saga::StepFailed& e) const {
    return note_on(e.step,
                   fmt::format("failed{}: {}", e.continued ? ", and the flow goes on" : "", words_of_problem(e.error)));
  }
  std::optional<Line> operator()(const saga::TimeoutReached& e) const {
    return note_on(e.step, e.step.empty()   ? "the workflow's timeout has passed"
                           : e.attempt != 0 ? fmt::format("the time of attempt {} is over", e.attempt)
                                            : std::string("its timeout has passed"));
  }
  std::optional<Line> operator()(const saga::ErrorCaught& e) const {
    return note_on(e.step, "caught: " + words_of_problem(e.error));
  }
  std::optional<Line> operator()(const saga::CompensationStarted& e) const {
    return note_on("", fmt::format("the way back begins ({})", to_string(e.reason)));
  }
  std::optional<Line> operator()(const saga::ScopeUndoStarted& e) const {
    return note_on(e.step, fmt::format("what is inside is undone ({})", to_string(e.reason)));
  }
  std::optional<Line> operator()(const saga::SettleEnded& e) const {
    return note_on(e.step, e.done ? "settled: it was done" : "settled: it was not done");
  }
  std::optional<Line> operator()(const saga::UndoFailed& e) const {
    return note_on(e.step, "passed over: " + words_of_problem(e.error));
  }
  std::optional<Line> operator()(const saga::IncidentRaised& e) const {
    return note_on(e.step, fmt::format("incident {} ({}): {}", e.number, to_string(e.kind), words_of_problem(e.error)));
  }
  // Calls have their own lines, and the rest follows from them.
  template <class Event>
  std::optional<Line> operator()(const Event&) const {
    return std::nullopt;
  }
};

}  // namespace

std::string words_of_problem(const Payload& problem) {
  const Json& json = problem.json();
  if (!json.is_object()) return "no reason";
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string title = text("title");
  const std::string detail = text("detail");
  if (title.empty()) return text("type");
  return detail.empty() ? title : title + ": " + detail;
}

std::optional<Line> line_of(const saga::EventData& event) {
  return std::visit(Teller{}, event);
}

}  // namespace skald::dry_run
