#include "engine/graph/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/definition/list_graph.hpp"
#include "engine/definition/step_lists.hpp"

namespace skald::graph {
namespace {

using definition::Step;

// The value of a template that has no expressions in it; null for any other.
Json constant_of(const expression::ValueTemplate& value) {
  if (!value.is_constant()) return {};
  return value.render(Json(), expression::EmptyEnvironment()).value_or(Json());
}

bool is_run(const Step& step) {
  const auto* call = std::get_if<definition::CallStep>(&step.kind);
  return call != nullptr && definition::is_run(*call);
}

std::string what(const definition::CallStep& call) {
  if (const auto* adapter = std::get_if<definition::AdapterCall>(&call.target)) {
    return adapter->adapter + "." + adapter->operation;
  }
  if (const auto* run = std::get_if<definition::WorkflowRun>(&call.target)) {
    return fmt::format("run {}/{}{}{}", run->namespace_name, run->workflow, run->version.empty() ? "" : " ",
                       run->version);
  }
  if (std::holds_alternative<definition::RunUndo>(call.target)) return "itself";
  const auto& http = std::get<definition::HttpCall>(call.target);
  std::string address = http.endpoint_expression ? http.endpoint_expression->source() : "";
  for (std::size_t i = 0; i < http.endpoint.size(); ++i) {
    address += i % 2 == 0 ? http.endpoint[i] : "{" + http.endpoint[i] + "}";
  }
  return http.method + " " + address;
}

std::string what(const definition::SetStep& set) {
  const Json value = constant_of(set.value);
  std::vector<std::string> keys;
  if (value.is_object()) {
    for (const auto& item : value.items()) keys.push_back(item.key());
  }
  return fmt::format("set {}", keys.empty() ? "a value" : fmt::format("{}", fmt::join(keys, ", ")));
}

std::string what(const definition::RaiseStep& raise) {
  const Json error = constant_of(raise.error);
  if (!error.is_object()) return "raise an error";
  std::string text = fmt::format("raise {}", error.value("status", 0));
  if (error.contains("title")) text += " " + error["title"].get<std::string>();
  return text;
}

std::string words_of(const definition::Duration& duration) {
  if (const auto* constant = std::get_if<Millis>(&duration)) return in_words(*constant);
  return std::get<expression::Expression>(duration).source();
}

std::string what(const definition::WaitStep& wait) {
  return "wait " + words_of(wait.duration);
}

std::string types_of(std::span<const definition::EventPattern> patterns, definition::ListenStep::Strategy strategy) {
  std::string text;
  const std::string_view joint = strategy == definition::ListenStep::Strategy::kAll ? " and " : " or ";
  for (const auto& pattern : patterns) {
    const auto& type = pattern.filter.type();
    text += fmt::format("{}{}", text.empty() ? "" : joint, type.empty() ? "an event" : type);
  }
  return text;
}

std::string what(const definition::ListenStep& listen) {
  const std::span all(listen.patterns);
  std::string text =
      listen.each && !listen.each->steps.empty() ? "for each " + listen.each->item + " of " : "wait for ";
  text += types_of(all.first(listen.wanted), listen.strategy);
  if (listen.has_events_in_until()) text += " until " + types_of(all.subspan(listen.wanted), listen.until_strategy);
  return listen.until ? text + " until " + listen.until->source() : text;
}

std::string what(const definition::EmitStep& emit) {
  return "emit " + (emit.type.empty() ? "an event" : emit.type);
}

std::string what(const definition::SwitchStep&) {
  return "switch";
}

std::string what(const definition::DoStep&) {
  return "one after another";
}

std::string what(const definition::ForStep& loop) {
  std::string text = fmt::format("for each {} of {}", loop.each, loop.items ? loop.items->source() : "nothing");
  if (loop.concurrency > 1) text += fmt::format(", {} at a time", loop.concurrency);
  return text;
}

std::string what(const definition::ForkStep& fork) {
  return fork.compete ? "at once: the first wins, the others are undone" : "at once";
}

std::string what(const definition::TryStep&) {
  return "try";
}

// How often and how long; empty for a policy that gives up after the first attempt.
std::string retries(const definition::RetryPolicy& policy, std::string_view again) {
  if (policy.attempt_count == 1U) return "";
  std::string text(again);
  if (policy.attempt_count) text += fmt::format(", {} times in all", *policy.attempt_count);
  if (policy.duration) text += fmt::format(", for {} at most", words_of(*policy.duration));
  if (!policy.attempt_count && !policy.duration) text += " without limit";
  if (policy.when) text += " when " + policy.when->source();
  if (policy.except_when) text += " unless " + policy.except_when->source();
  return text;
}

void add(std::vector<std::string>& lines, std::string line) {
  if (!line.empty()) lines.push_back(std::move(line));
}

}  // namespace

std::string in_words(Millis duration) {
  struct Unit {
    std::int64_t millis;
    std::string_view name;
  };
  constexpr std::array<Unit, 5> kUnits = {
      {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}, {1, "ms"}}};
  std::int64_t rest = duration.count();
  std::string text;
  for (const Unit& unit : kUnits) {
    if (rest < unit.millis) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : " ", rest / unit.millis, unit.name);
    rest %= unit.millis;
  }
  return text.empty() ? "0 s" : text;
}

std::string what_of(const Step& step) {
  return std::visit([](const auto& kind) { return what(kind); }, step.kind);
}

std::vector<std::string> notes_of(const Step& step, const std::string& around) {
  std::vector<std::string> notes;
  const bool is_call = std::holds_alternative<definition::CallStep>(step.kind);
  if (step.condition) notes.push_back("only if " + step.condition->source());
  if (const auto* loop = std::get_if<definition::ForStep>(&step.kind); loop != nullptr && loop->condition) {
    notes.push_back("while " + loop->condition->source());
  }
  if (step.timeout) notes.push_back(words_of(*step.timeout) + (is_call ? " at most, each time" : " at most"));
  if (step.retry) add(notes, retries(*step.retry, "tried again"));
  if (const auto* attempt = std::get_if<definition::TryStep>(&step.kind); attempt != nullptr && attempt->retry) {
    add(notes, retries(*attempt->retry, "done again after an error"));
  }
  if (step.on_error == definition::OnError::kContinue) notes.emplace_back("a failure is passed over");
  if (step.on_error == definition::OnError::kSuspend) notes.emplace_back("a failure waits for an operator");
  if (step.on_unknown == definition::OnUnknown::kCompensate && !is_run(step))
    notes.emplace_back("outcome unknown: undone at once");
  if (step.on_unknown == definition::OnUnknown::kSuspend) notes.emplace_back("outcome unknown: waits for an operator");
  if (const auto* call = std::get_if<definition::CallStep>(&step.kind)) {
    const auto* run = std::get_if<definition::WorkflowRun>(&call->target);
    if (run != nullptr && !run->awaited) notes.emplace_back("not waited for");
  }
  if (step.pivot) notes.emplace_back("point of no return");
  if (!step.then.empty() && !definition::is_switch(step)) notes.push_back("then " + target_of(step.then, around));
  return notes;
}

std::vector<std::string> notes_of(const definition::Definition& definition) {
  std::vector<std::string> notes;
  const auto& saga = definition.saga;
  if (!definition.title.empty()) notes.push_back(definition.title);
  if (definition.timeout) notes.push_back(words_of(*definition.timeout) + " at most");
  std::vector<std::string_view> passed;
  if (!saga.on_fault) passed.push_back("a failure");
  if (!saga.on_timeout) passed.push_back("a timeout");
  if (!saga.on_cancel) passed.push_back("a cancellation");
  if (!passed.empty()) notes.push_back(fmt::format("nothing is undone after {}", fmt::join(passed, " or ")));
  if (saga.order == definition::SagaOptions::Order::kParallel) notes.emplace_back("everything is undone at once");
  return notes;
}

std::string catch_of(const definition::TryStep& step) {
  std::vector<std::string> filters;
  if (!step.with.is_null()) {
    for (const auto& item : step.with.json().items()) {
      const Json& value = item.value();
      filters.push_back(item.key() + " " + (value.is_string() ? value.get<std::string>() : value.dump()));
    }
  }
  if (step.when) filters.push_back("when " + step.when->source());
  if (step.except_when) filters.push_back("unless " + step.except_when->source());
  std::string text =
      fmt::format("catch {}", filters.empty() ? "any error" : fmt::format("{}", fmt::join(filters, ", ")));
  if (step.compensates) text += ", after undoing";
  return text;
}

std::vector<std::string> lines_of_undo(const Step& undo) {
  const auto* list = std::get_if<definition::DoStep>(&undo.kind);
  if (list == nullptr) return {what_of(undo)};
  std::vector<std::string> lines;
  for (const Step& step : list->steps) lines.push_back(step.name + ": " + what_of(step));
  return lines;
}

std::string target_of(const std::string& then, const std::string& around) {
  if (then.empty()) return "next step";
  if (then == definition::kThenExit && !around.empty()) return "leave " + around;
  if (then == definition::kThenEnd || then == definition::kThenExit) return "end";
  if (then == definition::kThenCompensate) return "undo everything";
  if (then == definition::kThenHooked) return around;  // it has the name of its list
  return then;
}

}  // namespace skald::graph
