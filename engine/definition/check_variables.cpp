#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "engine/definition/check.hpp"
#include "engine/definition/step_lists.hpp"
#include "engine/definition/step_names.hpp"
#include "engine/definition/step_order.hpp"
#include "engine/definition/yaml_scalar.hpp"

namespace skald::definition {
namespace {

using expression::VariableUse;

// Variables of the language that hold what must not be stored.
struct ConfidentialVariable {
  std::string_view name;
  std::string_view why;
};
constexpr std::array<ConfidentialVariable, 2> kConfidential = {{
    {"secrets", "is allowed only where its value is never stored: in a value of an authentication or of a header"},
    {"authorization", "does not exist: it would hold a credential, and what expressions give is stored"},
}};

constexpr std::string_view kOnlyTheDocument =
    "cannot be asked for here: there is no execution yet, and $workflow.definition is all there is";

std::vector<std::string> available_in(const ExpressionSite& site) {
  if (site.slot == Slot::kEvent) return {};
  if (site.slot == Slot::kWorkflowInput) return {"workflow", "runtime"};
  if (site.slot == Slot::kStart) return {"workflow", "runtime"};
  if (site.slot == Slot::kSchedule) return {"workflow"};
  if (site.slot == Slot::kCancel) return {"workflow", "runtime", "context", "steps"};
  std::vector<std::string> names = {"workflow", "runtime", "context", "steps", "input"};
  const bool is_step = site.slot != Slot::kWorkflowOutput;
  if (is_step) names.insert(names.end(), {"task", "step", "callbacks"});
  const bool has_output =
      site.slot == Slot::kOutput || site.slot == Slot::kWorkflowOutput || site.slot == Slot::kIteration;
  if (has_output || site.scope.is_undo) names.push_back("output");
  if (site.slot == Slot::kRetry || site.scope.is_undo) names.push_back("error");
  if (site.scope.is_undo) names.push_back("compensation");
  names.insert(names.end(), site.scope.variables.begin(), site.scope.variables.end());
  return names;
}

Mark mark_of(const LoadContext& context, const ExpressionSite& site, const VariableUse& use) {
  return mark_in_scalar(context.source, *site.scalar, site.offset + use.offset);
}

void report_unavailable(LoadContext& context, const ExpressionSite& site, const VariableUse& use,
                        const std::vector<std::string>& available) {
  std::string why;
  for (const ConfidentialVariable& variable : kConfidential) {
    if (variable.name == use.name) why = variable.why;
  }
  if (use.name == "error") why = "exists in compensations, in 'catch' and in the conditions of a retry";
  if (use.name == "item" || use.name == "index") why = "exists within 'for' and 'foreach'";
  if (!why.empty() && !site.scope.variables.empty()) {
    why += fmt::format("; the steps around have named theirs: ${}", fmt::join(site.scope.variables, ", $"));
  }
  if (use.name == "compensation") why = "exists in compensations";
  if (use.name == "output") why = "exists in output.as, export.as and compensations";
  if (use.name == "task" || use.name == "step") why = "exists within steps";
  if (use.name == "steps" || use.name == "context" || use.name == "input") why = "exists once the workflow has begun";
  if (use.name == "callbacks") why = "exists within steps";
  if (site.slot == Slot::kSchedule) {
    why = std::string(kOnlyTheDocument);
  } else if (site.slot == Slot::kEvent && site.scope.step.empty()) {
    why = "cannot be asked for here: there is no execution yet, and '.' is all there is";
  } else if (site.slot == Slot::kEvent) {
    why =
        "cannot be asked for here, where '.' is all there is of the event; compare the event with the execution in "
        "'correlate'";
  }
  if (why.empty()) why = "is not a variable of the language" + context.report.hint(use.name, available, "$");
  context.report.error_at("unknown-variable", *site.scalar, mark_of(context, site, use),
                          fmt::format("{}: ${} {}", context.report.path_of(*site.scalar), use.name, why));
}

// The fields of the variables that are objects of ours; what is behind them is data.
const std::vector<std::string>* fields_of(std::string_view variable) {
  static const std::map<std::string, std::vector<std::string>, std::less<>> kFields = {
      {"workflow", {"id", "input", "startedAt", "labels", "definition"}},
      {"runtime", {"name", "version", "metadata"}},
      {"task", {"name", "reference", "definition", "input", "output", "startedAt"}},
      {"step", {"name", "reference", "definition", "input", "output", "startedAt"}},
      {"compensation", {"reason", "failedStep", "error"}},
      {"callbacks", {"url"}},
      {"steps", {"output", "status", "error", "startedAt", "endedAt"}},
  };
  const auto found = kFields.find(variable);
  return found == kFields.end() ? nullptr : &found->second;
}

bool may_look_at_document(const ExpressionSite& site, const VariableUse& use) {
  const bool is_step = use.name == "task" || use.name == "step";
  if (is_step && site.scope.is_hook) return true;
  return (is_step || use.name == "workflow") && (use.fields.empty() || use.fields[0] == "definition");
}

void check_schedule_field(LoadContext& context, const ExpressionSite& site, const VariableUse& use) {
  if (!use.fields.empty() && use.fields[0] == "definition") return;
  context.report.error_at("unknown-field", *site.scalar, mark_of(context, site, use),
                          fmt::format("{}: ${}{} {}", context.report.path_of(*site.scalar), use.name,
                                      use.fields.empty() ? "" : "." + use.fields[0], kOnlyTheDocument));
}

// Before there is an execution, what is another one for each makes no two starts the same.
void check_start_field(LoadContext& context, const ExpressionSite& site, const VariableUse& use) {
  if (!use.fields.empty() && use.fields[0] != "id" && use.fields[0] != "startedAt") return;
  context.report.error_at(
      "unknown-field", *site.scalar, mark_of(context, site, use),
      fmt::format("{}: ${}{} is another one for each start; name what two starts have in common, as in "
                  "$workflow.input.orderId",
                  context.report.path_of(*site.scalar), use.name, use.fields.empty() ? "" : "." + use.fields[0]));
}

// `$workflow.inptu` would be null for ever.
bool has_known_field(LoadContext& context, const ExpressionSite& site, const VariableUse& use) {
  if (site.scope.is_hook && (use.name == "task" || use.name == "step")) return true;  // and the keys of the document
  const std::vector<std::string>* known = fields_of(use.name);
  const std::size_t at = use.name == "steps" || use.name == "callbacks" ? 1 : 0;  // of a step of that name
  if (known == nullptr || use.fields.size() <= at) return true;
  const std::string& field = use.fields[at];
  if (std::find(known->begin(), known->end(), field) != known->end()) return true;
  context.report.error_at("unknown-field", *site.scalar, mark_of(context, site, use),
                          fmt::format("{}: ${}{} has {}, but no '{}'{}", context.report.path_of(*site.scalar), use.name,
                                      at == 0 ? "" : "." + use.fields[0], fmt::join(*known, ", "), field,
                                      context.report.hint(field, *known)));
  return false;
}

std::vector<std::string> names_of_steps(const Definition& definition) {
  std::vector<std::string> names;
  for (const auto& [path, step] : definition.by_path) {
    if (!is_undo_path(path)) names.push_back(step->name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void check_step_name(LoadContext& context, const Definition& definition, StepOrder& order,
                     const std::vector<std::string>& names, const ExpressionSite& site, const VariableUse& use) {
  if (use.fields.empty()) return;  // all of them
  const std::string& name = use.fields[0];
  const ResolvedName resolved = resolve_step_name(definition, site.scope.step, name);
  const std::string place = context.report.path_of(*site.scalar);
  const Mark mark = mark_of(context, site, use);
  if (resolved.is_ambiguous) {
    context.report.error_at("ambiguous-step", *site.scalar, mark,
                            fmt::format("{}: $steps.{} is ambiguous: several steps have this name, none of them in a "
                                        "scope around this one",
                                        place, name));
    return;
  }
  if (resolved.step == nullptr) {
    context.report.error_at(
        "unknown-step", *site.scalar, mark,
        fmt::format("{}: $steps.{} names no step{}", place, name, context.report.hint(name, names)));
    return;
  }
  if (!has_known_field(context, site, use)) return;
  const bool asks_whether = use.fields.size() > 1 && (use.fields[1] == "status" || use.fields[1] == "error");
  if (asks_whether || (site.scope.step.empty() && site.slot != Slot::kWorkflowOutput)) return;
  if (const std::string why = order.why_not_ended(site, *resolved.step); !why.empty()) {
    context.report.warning_at("step-may-not-have-run", *site.scalar, mark,
                              fmt::format("{}: $steps.{} may not have run: {}", place, name, why));
  }
}

// A step that begins more than once has no address of its own.
bool is_repeated(const Definition& definition, const std::string& path) {
  for (auto outer = enclosing_path(path); !outer.empty(); outer = enclosing_path(outer)) {
    const Step* around = definition.find(std::string(outer));
    if (!around) continue;
    if (std::holds_alternative<ForStep>(around->kind) || std::holds_alternative<TryStep>(around->kind)) return true;
    if (std::holds_alternative<ListenStep>(around->kind)) return true;
  }
  return false;
}

void check_callback(LoadContext& context, const Definition& definition, const ExpressionSite& site,
                    const VariableUse& use) {
  context.uses_callbacks = true;
  const std::string name = use.fields.empty() ? "" : use.fields[0];
  const ResolvedName resolved = resolve_step_name(definition, site.scope.step, name);
  const Step* step = without_hooks(resolved.step);
  std::string why;
  if (name.empty()) {
    why = "must name a step, as in $callbacks.awaitPayment.url";
  } else if (step == nullptr || resolved.is_ambiguous) {
    why = resolved.is_ambiguous ? "is ambiguous: several steps have this name"
                                : "names no step" + context.report.hint(name, names_of_steps(definition));
  } else if (!std::holds_alternative<ListenStep>(step->kind)) {
    why = "names a step that does not listen";
  } else if (is_repeated(definition, step->path)) {
    why = "names a step within 'for', 'foreach' or 'try', which may listen several times; correlate events instead";
  } else {
    has_known_field(context, site, use);
    return;
  }
  context.report.error_at(
      "bad-callback", *site.scalar, mark_of(context, site, use),
      fmt::format("{}: $callbacks{}{} {}", context.report.path_of(*site.scalar), name.empty() ? "" : ".", name, why));
}

}  // namespace

void check_variables(LoadContext& context, const Definition& definition) {
  const std::vector<std::string> names = names_of_steps(definition);
  StepOrder order(definition);
  for (const ExpressionSite& site : context.sites) {
    const std::vector<std::string> available = available_in(site);
    for (const VariableUse& use : site.expression.variables()) {
      context.uses_document = context.uses_document || may_look_at_document(site, use);
      if (std::find(available.begin(), available.end(), use.name) == available.end()) {
        report_unavailable(context, site, use, available);
      } else if (use.name == "callbacks") {
        check_callback(context, definition, site, use);
      } else if (use.name == "steps") {
        check_step_name(context, definition, order, names, site, use);
      } else if (has_known_field(context, site, use)) {
        if (site.slot == Slot::kStart) check_start_field(context, site, use);
        if (site.slot == Slot::kSchedule) check_schedule_field(context, site, use);
      }
    }
  }
}

}  // namespace skald::definition
