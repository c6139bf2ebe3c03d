#include "engine/dry_run/shape_flow.hpp"

#include <algorithm>

#include "engine/definition/step_names.hpp"
#include "engine/dry_run/shape_reader.hpp"

namespace skald::dry_run {
namespace {

using definition::Step;

// What expressions see at a place, where something can be learned of it.
struct Scope {
  std::string path;                     // of the step, empty for the workflow
  Shape* input = nullptr;               // $input
  Shape* output = nullptr;              // $output
  std::map<std::string, Shape*> names;  // of loops
  bool is_undo = false;                 // $input and $output are those of the step that is undone
};

class FlowReader {
 public:
  FlowReader(const definition::Definition& definition, Shapes& shapes) : definition_(definition), shapes_(shapes) {}

  void read() {
    const Scope scope;
    Shape* flow = &shapes_.input;
    if (definition_.data.input_from) flow = read_all(*definition_.data.input_from, flow, scope);
    if (definition_.timeout) read_duration(*definition_.timeout, &shapes_.input, scope);
    Shape* left = read_list(definition_.steps, flow, scope);
    if (definition_.data.output_as) read_all(*definition_.data.output_as, left, scope);
  }

 private:
  Shape* read_one(const expression::Expression& expression, Shape* dot, const Scope& scope, Wish wish = Wish::kEqual) {
    const auto variable = [&](std::string_view name, std::span<const std::string> fields, std::size_t& consumed) {
      return find(name, fields, consumed, scope);
    };
    return read_shape(expression, dot, variable, wish);
  }

  // What a template makes is a value of its own.
  Shape* read_all(const expression::ValueTemplate& value, Shape* dot, const Scope& scope) {
    for (const auto* expression : value.expressions()) read_one(*expression, dot, scope);
    return nullptr;
  }

  Shape* find(std::string_view name, std::span<const std::string> fields, std::size_t& consumed, const Scope& scope) {
    if (name == "workflow" && !fields.empty() && fields[0] == "input") {
      consumed = 1;
      return &shapes_.input;
    }
    if (name == "steps" && fields.size() > 1 && fields[1] == "output") {
      consumed = 2;
      const auto resolved = definition::resolve_step_name(definition_, scope.path, fields[0]);
      const auto left = resolved.step != nullptr ? left_.find(resolved.step->path) : left_.end();
      return left == left_.end() ? nullptr : left->second;
    }
    if (name == "input") return scope.input;
    if (name == "output") return scope.output;
    const auto named = scope.names.find(std::string(name));
    return named == scope.names.end() ? nullptr : named->second;
  }

  // The answer is what flows out.
  Shape* read_list(const std::vector<Step>& steps, Shape* flow, const Scope& scope) {
    for (const Step& step : steps) flow = read_step(step, flow, scope);
    return flow;
  }

  Shape* read_step(const Step& step, Shape* flow, const Scope& around) {
    Scope scope = around;
    scope.path = step.path;
    if (!scope.is_undo) scope.input = flow;
    if (step.condition) read_one(*step.condition, flow, scope);
    Shape* input = flow;
    if (step.data.input_from) input = read_all(*step.data.input_from, flow, scope);
    if (!scope.is_undo) scope.input = input;
    if (step.timeout && !(step.function && step.function->times)) read_duration(*step.timeout, input, scope);
    if (!(step.function && step.function->retries)) read_attempt_limit(step.retry, input, scope);
    Shape* left = step.function ? read_function(step, input, scope) : read_call_or_flow(step, input, scope);
    if (!scope.is_undo) scope.output = left;
    if (step.data.output_as) left = read_all(*step.data.output_as, left, scope);
    if (step.data.export_as) read_all(*step.data.export_as, left, scope);
    if (!scope.is_undo) left_[step.path] = left;
    if (step.compensate) {
      scope.output = left;
      scope.is_undo = true;
      read_step(*step.compensate, left, scope);
    }
    return left;
  }

  Shape* read_call_or_flow(const Step& step, Shape* input, const Scope& scope) {
    return std::visit([&](const auto& kind) { return read_kind(step, kind, input, scope); }, step.kind);
  }

  // $input in a function is its own, also inside an undo.
  Shape* read_function(const Step& step, Shape* input, const Scope& around) {
    const definition::FunctionFlow& function = *step.function;
    Scope scope = around;
    if (function.arguments) input = read_all(*function.arguments, input, around);
    scope.input = input;
    if (function.data.input_from) input = scope.input = read_all(*function.data.input_from, input, scope);
    if (function.times) read_duration(*step.timeout, input, scope);
    if (function.retries) read_attempt_limit(step.retry, input, scope);
    Shape* left = scope.output = read_call_or_flow(step, input, scope);
    return function.data.output_as ? read_all(*function.data.output_as, left, scope) : left;
  }

  Shape* read_kind(const Step& step, const definition::CallStep& kind, Shape* input, const Scope& scope) {
    if (const auto* call = std::get_if<definition::AdapterCall>(&kind.target)) {
      read_all(call->with, input, scope);
    } else if (const auto* run = std::get_if<definition::WorkflowRun>(&kind.target)) {
      if (run->input) read_all(*run->input, input, scope);
      if (!run->awaited) return input;
    } else if (const auto* http = std::get_if<definition::HttpCall>(&kind.target)) {
      read_http(*http, input, scope);
    }
    const auto alike = shapes_.same_as.find(step.path);
    Shape& answer = shapes_.outputs[alike == shapes_.same_as.end() ? step.path : alike->second];
    const auto* http = std::get_if<definition::HttpCall>(&kind.target);
    if (http != nullptr) expect(http->output, answer);
    return &answer;
  }

  // What the form of an answer says before an expression has looked at it.
  static void expect(definition::AnswerForm form, Shape& answer) {
    if (form == definition::AnswerForm::kRaw && answer.is_open()) {
      answer.hint(Payload::from_trusted_text("\"e30=\""));
    }
    if (form != definition::AnswerForm::kResponse) return;
    Shape& status = answer.field("statusCode");
    if (status.is_open()) status.hint(Payload::from_trusted_text("200"));
    answer.field("headers");
    answer.field("content");
  }

  void read_http(const definition::HttpCall& call, Shape* input, const Scope& scope) {
    if (call.endpoint_expression) read_one(*call.endpoint_expression, input, scope);
    if (call.authentication) read_authentication(*call.authentication, input, scope);
    if (call.parameters) read_all(call.parameters->values, input, scope);
    const bool asks_input = input != nullptr && !call.parameters;
    for (std::size_t i = 1; i < call.endpoint.size() && asks_input; i += 2) input->field(call.endpoint[i]);
    for (const auto* part : {&call.headers, &call.query, &call.body}) {
      if (*part) read_all(**part, input, scope);
    }
  }

  void read_authentication(definition::Authentication authentication, Shape* input, const Scope& scope) {
    const auto read = [&](std::string_view, const definition::CredentialText& text) {
      const auto* expression = std::get_if<expression::Expression>(&text);
      if (expression != nullptr) read_one(*expression, input, scope);
    };
    std::visit([&](auto& scheme) { definition::for_each_text(scheme, read); }, authentication);
  }

  Shape* read_kind(const Step&, const definition::SetStep& kind, Shape* input, const Scope& scope) {
    return read_all(kind.value, input, scope);
  }
  Shape* read_kind(const Step&, const definition::RaiseStep& kind, Shape* input, const Scope& scope) {
    return read_all(kind.error, input, scope);
  }
  Shape* read_kind(const Step&, const definition::WaitStep& kind, Shape* input, const Scope& scope) {
    read_duration(kind.duration, input, scope);
    return input;
  }
  void read_duration(const definition::Duration& duration, Shape* input, const Scope& scope) {
    const auto* expression = std::get_if<expression::Expression>(&duration);
    Shape* shape = expression != nullptr ? read_one(*expression, input, scope) : nullptr;
    if (shape != nullptr && shape->is_open()) shape->hint(Payload::from_trusted_text("\"PT1S\""));
  }
  void read_attempt_limit(const std::optional<definition::RetryPolicy>& retry, Shape* input, const Scope& scope) {
    if (retry && retry->attempt_duration) read_duration(*retry->attempt_duration, input, scope);
  }
  // What is listened for is what others send: nothing is to be learned of its form, which is a list.
  Shape* read_kind(const Step&, const definition::ListenStep& kind, Shape* input, const Scope& scope) {
    for (const auto& pattern : kind.patterns) {
      for (const auto& expect : pattern.expects) read_all(expect, input, scope);
    }
    if (kind.each) {
      Scope inside = scope;
      inside.names[kind.each->item] = nullptr;
      Shape* left = read_list(kind.each->steps, input, inside);
      if (kind.each->data.output_as) left = read_all(*kind.each->data.output_as, left, inside);
      if (kind.each->data.export_as) read_all(*kind.each->data.export_as, left, inside);
    }
    return nullptr;
  }
  Shape* read_kind(const Step&, const definition::EmitStep& kind, Shape* input, const Scope& scope) {
    return read_all(kind.attributes, input, scope);
  }
  Shape* read_kind(const Step&, const definition::SwitchStep& kind, Shape* input, const Scope& scope) {
    const bool has_default =
        std::any_of(kind.cases.begin(), kind.cases.end(), [](const auto& choice) { return !choice.when; });
    for (const auto& choice : kind.cases) {
      if (choice.when) read_one(*choice.when, input, scope, has_default ? Wish::kOther : Wish::kEqual);
    }
    return input;
  }
  Shape* read_kind(const Step&, const definition::DoStep& kind, Shape* input, const Scope& scope) {
    Shape* flow = input;
    Shape* hooked = nullptr;
    for (const Step& step : kind.steps) {
      if (step.given.is_input_around) flow = input;
      if (step.given.arguments) flow = read_all(*step.given.arguments, input, scope);
      flow = read_step(step, flow, scope);
      if (kind.hooked && step.given.is_input_around) hooked = flow;
    }
    return kind.hooked ? hooked : flow;
  }
  Shape* read_kind(const Step&, const definition::ForStep& kind, Shape* input, const Scope& scope) {
    Scope inside = scope;
    Shape* items = kind.items ? read_one(*kind.items, input, scope) : nullptr;
    inside.names[kind.each] = items != nullptr ? &items->element() : nullptr;
    if (kind.condition) read_one(*kind.condition, input, inside);
    Shape* left = read_list(kind.steps, input, inside);
    return kind.concurrency == 1 ? left : nullptr;
  }
  Shape* read_kind(const Step&, const definition::ForkStep& kind, Shape* input, const Scope& scope) {
    if (kind.compete) note_race(kind.branches);
    Shape* left = nullptr;
    for (const Step& branch : kind.branches) left = read_step(branch, input, scope);
    return kind.compete ? left : nullptr;
  }
  Shape* read_kind(const Step&, const definition::TryStep& kind, Shape* input, const Scope& scope) {
    read_attempt_limit(kind.retry, input, scope);
    Shape* left = read_list(kind.steps, input, scope);
    Shape* handled = read_list(kind.handler, input, scope);
    return left != nullptr ? left : handled;
  }

  void note_race(const std::vector<Step>& branches) {
    const auto is_call = [](const Step& step) { return std::holds_alternative<definition::CallStep>(step.kind); };
    if (!std::all_of(branches.begin(), branches.end(), is_call)) return;
    for (const Step& branch : branches) {
      if (branch.path != branches.front().path) shapes_.same_as[branch.path] = branches.front().path;
    }
  }

  const definition::Definition& definition_;
  Shapes& shapes_;
  std::map<std::string, Shape*> left_;  // what steps leave, by static path
};

}  // namespace

Shapes read_shapes(const definition::Definition& definition) {
  Shapes shapes;
  FlowReader(definition, shapes).read();
  return shapes;
}

}  // namespace skald::dry_run
