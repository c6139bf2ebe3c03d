#include "tests/engine/saga/random_workflow.hpp"

#include <fmt/format.h>

#include <array>
#include "engine/saga/path.hpp"

namespace skald::saga {
namespace {

class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {}

  std::string workflow() {
    out_ = "document: { dsl: '1.0.3', namespace: test, name: random, version: '1.0.0' }\n";
    if (chance(random_, 15)) out_ += "timeout: { after: PT40S }\n";
    std::string compensation;
    if (chance(random_, 15)) compensation += "onError: continue, ";
    if (chance(random_, 10)) compensation += "timeout: PT20S, ";
    if (!compensation.empty()) {
      compensation.resize(compensation.size() - 2);
      out_ += "saga: { compensation: { " + compensation + " } }\n";
    }
    use();
    out_ += "do:\n";
    list(2, 1 + random_() % 5, true);
    return out_;
  }

 private:
  // Drawn apart, so that a seed without them means the workflow that it meant before there were any.
  void use() {
    Random apart = random_;
    apart.discard(1000);
    const bool has_hooks = chance(apart, 20);
    has_function_ = chance(apart, 20);
    if (has_hooks || has_function_) out_ += "use:\n";
    if (has_hooks) hooks(apart);
    if (!has_function_) return;
    line(2, "functions:");
    line(4, "pay:");
    line(6, "do:");
    line(8, "- part: { call: payments.charge, with: { orderId: A, of: '${ .of }' }, " + kUndone + " }");
    line(8, "- rest: { set: { n: 4 } }");
  }

  void hooks(Random& apart) {
    const std::array<const char*, 5> kinds = {"call", "set", "all", "composite", "try"};
    line(2, "extensions:");
    line(4, "- hook:");
    line(8, fmt::format("extend: {}", kinds[apart() % kinds.size()]));
    if (chance(apart, 30)) line(8, "when: $task.name != \"s2\"");
    line(8, "before:");
    line(10, "- first: { call: payments.charge, with: { orderId: A, of: '${ $task.name }' }, " + kUndone +
                 (chance(apart, 50) ? ", onError: continue }" : " }"));
    if (chance(apart, 30)) line(10, "- past: { if: '$task.name == \"s3\"', set: { n: 5 }, then: exit }");
    if (chance(apart, 50)) line(8, "after: [ last: { set: { n: 6 } } ]");
  }

  void line(int indent, const std::string& text) {
    out_ += std::string(static_cast<std::size_t>(indent), ' ') + text + "\n";
  }

  // Names come first, so that a step can send the flow to one that is still to be written.
  void list(int indent, std::size_t count, bool may_pivot) {
    std::vector<int> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back(++steps_);
    for (std::size_t i = 0; i < count; ++i) step(indent, names, i, may_pivot);
  }

  void step(int indent, const std::vector<int>& names, std::size_t place, bool may_pivot) {
    line(indent, fmt::format("- s{}:", names[place]));
    const int body = indent + 4;
    if (chance(random_, 12)) line(body, fmt::format("if: '${{ {} }}'", chance(random_, 50) ? "true" : "false"));
    const auto kind = random_() % 15;
    const bool may_nest = indent < 12;
    if (kind == 0 && chance(random_, 60)) {
      emit(body, names[place]);
    } else if (kind == 0 && has_function_) {
      line(body, "call: pay");
      line(body, fmt::format("with: {{ of: s{} }}", names[place]));
    } else if (kind == 0) {
      line(body, "set: { n: 1 }");
    } else if (kind == 2 && chance(random_, 60)) {
      if (chance(random_, 20)) line(body, "timeout: { after: '${ \"PT4S\" }' }");
      line(body, fmt::format("wait: PT{}S", random_() % 12));
    } else if (kind == 2) {
      listen(body, names[place], may_nest);
    } else if (kind == 3) {
      choice(body, names[place], names, place);
    } else if (kind == 1 && may_nest) {
      composite(body);
      line(body, "do:");
      list(body + 2, 1 + random_() % 3, false);
    } else if (kind == 4 && may_nest) {
      loop(body);
    } else if (kind == 5 && may_nest) {
      attempt(body);
    } else if (kind == 6 && may_nest) {
      fork(body);
    } else if (kind == 7) {
      run(body, names[place]);
    } else {
      call(body, names[place], may_pivot);
    }
  }

  void emit(int indent, int name) {
    line(indent,
         fmt::format("emit: {{ event: {{ with: {{ source: shop, type: told.s{}, data: '${{ . }}' }} }} }}", name));
    if (chance(random_, 70)) return;
    line(indent, "compensate:");
    line(indent + 2, "- untell: { emit: { event: { with: { source: shop, type: untold } } } }");
  }

  void listen(int indent, int name, bool may_nest) {
    line(indent, "timeout: { after: PT6S }");
    if (chance(random_, 50)) line(indent, "onError: continue");
    const auto about_this = [](std::string_view type) {
      return fmt::format(
          "{{ with: {{ type: {} }}, correlate: {{ a: {{ from: .data, expect: '${{ $workflow.id }}' }}, b: {{ from: "
          ".data "
          "}} }} }}",
          type);
    };
    const auto pattern = about_this(fmt::format("go.s{}", name));
    if (may_nest && chance(random_, 40)) return each(indent, pattern);
    if (chance(random_, 70)) return line(indent, fmt::format("listen: {{ to: {{ one: {} }} }}", pattern));
    line(indent, fmt::format("listen: {{ to: {{ all: [ {}, {} ] }} }}", pattern, about_this("more")));
  }

  // One event after the other, until there are enough, or one that ends it.
  void each(int indent, const std::string& pattern) {
    const char* until = chance(random_, 50) ? "'( . | length ) >= 2'" : "{ one: { with: { type: more } } }";
    line(indent, fmt::format("listen: {{ to: {{ any: [ {} ], until: {} }} }}", pattern, until));
    if (chance(random_, 25)) line(indent, "compensate: { call: payments.refund, with: { orderId: A } }");
    line(indent, "foreach:");
    if (chance(random_, 50)) line(indent + 2, "output: { as: '${ {left: ., of: $item, at: $index} }' }");
    if (beside_ == 0 && chance(random_, 30))
      line(indent + 2, "export: { as: '${ ($context // {}) + {last: $index} }' }");
    line(indent + 2, "do:");
    list(indent + 4, 1 + random_() % 2, false);
  }

  void composite(int indent) {
    if (chance(random_, 25)) line(indent, "timeout: { after: '${ \"PT15S\" }' }");
    if (chance(random_, 25)) line(indent, "compensate: { call: payments.refund, with: { orderId: A } }");
  }

  // On, to a later step, or once more to an earlier one; sometimes to the end of all.
  void choice(int indent, int name, const std::vector<int>& names, std::size_t place) {
    const bool goes_back = place > 0 && beside_ == 0 && !pivot_ && chance(random_, 50);
    if (goes_back) line(indent, fmt::format("export: {{ as: '${{ ($context // {{}}) + {{s{}: true}} }}' }}", name));
    line(indent, "switch:");
    if (goes_back) {
      line(indent + 2,
           fmt::format("- back: {{ when: $context.s{} == null, then: s{} }}", name, names[random_() % place]));
    }
    if (place + 2 < names.size()) {
      const auto later = names[place + 2 + random_() % (names.size() - place - 2)];
      line(indent + 2, fmt::format("- ahead: {{ when: '{}', then: s{} }}", chance(random_, 50), later));
    }
    if (chance(random_, 15)) line(indent + 2, "- undo: { when: 'true', then: compensate }");
    line(indent + 2, "- on: { then: continue }");
  }

  void loop(int indent) {
    composite(indent);
    const int width = chance(random_, 50) ? 1 : 2;
    line(indent, fmt::format("for: {{ in: '[1, 2, 3]', concurrency: {} }}", width));
    if (chance(random_, 20)) line(indent, "while: $item < 3");
    line(indent, "do:");
    beside_ += width - 1;
    list(indent + 2, 1 + random_() % 2, false);
    beside_ -= width - 1;
  }

  void attempt(int indent) {
    composite(indent);
    line(indent, "try:");
    list(indent + 2, 1 + random_() % 2, false);
    line(indent, "catch:");
    if (chance(random_, 20)) line(indent + 2, "errors: { with: { status: 422 } }");
    if (chance(random_, 50)) {
      Random apart = random_;  // what follows stays as it was without a limit of time
      const auto* const limit = chance(apart, 40) ? "count: 2, duration: '${ \"PT4S\" }'" : "count: 2";
      line(indent + 2, fmt::format("retry: {{ delay: '${{ \"PT1S\" }}', limit: {{ attempt: {{ {} }} }} }}", limit));
    }
    line(indent + 2, fmt::format("compensate: {}", chance(random_, 50)));
    if (chance(random_, 50)) return;
    line(indent + 2, "do:");
    list(indent + 4, 1, false);
  }

  void fork(int indent) {
    composite(indent);
    line(indent, "fork:");
    line(indent + 2, fmt::format("compete: {}", chance(random_, 50)));
    line(indent + 2, "branches:");
    for (std::size_t i = 2 + random_() % 2; i > 0; --i) list(indent + 4, 1, false);
  }

  void run(int indent, int name) {
    line(indent, fmt::format("run: {{ workflow: {{ namespace: test, name: errand, input: {{ of: s{} }} }} }}", name));
    if (chance(random_, 20)) line(indent, "timeout: { after: PT5S }");
    if (chance(random_, 20)) line(indent, chance(random_, 50) ? "onError: continue" : "onError: suspend");
  }

  void call(int indent, int name, bool may_pivot) {
    line(indent, "call: payments.charge");
    line(indent, fmt::format("with: {{ orderId: A, step: s{} }}", name));
    if (chance(random_, 4)) line(indent, "output: { as: '${ error(\"of no use\") }' }");
    if (chance(random_, 50)) {
      line(indent, fmt::format("retry: {{ delay: PT1S, limit: {{ attempt: {{ count: {} }} }} }}", 1 + random_() % 4));
    }
    if (may_pivot && !pivot_ && chance(random_, 8)) {
      pivot_ = true;
      line(indent, "pivot: true");
      return;
    } else if (chance(random_, 20)) {
      line(indent, chance(random_, 50) ? "onError: continue" : "onError: suspend");
    }
    if (chance(random_, 25)) line(indent, chance(random_, 50) ? "onUnknown: compensate" : "onUnknown: suspend");
    undo(indent);
  }

  void undo(int indent) {
    if (chance(random_, 80))
      return line(indent, "compensate: { call: payments.refund, with: { orderId: A, was: '${ . }' } }");
    line(indent, "compensate:");
    if (chance(random_, 30)) line(indent + 2, "- pause: { wait: PT3S }");
    line(indent + 2, "- back: { call: payments.refund, with: { orderId: A } }");
    line(indent + 2,
         "- tell: { call: notifications.send, with: { why: '${ $compensation.reason }' }, onError: continue }");
  }

  static inline const std::string kUndone = "compensate: { call: payments.refund, with: { orderId: A } }";

  Random& random_;
  std::string out_;
  bool has_function_ = false;
  int steps_ = 0;
  int beside_ = 0;  // loops around whose iterations run beside each other
  bool pivot_ = false;
};

Answer done(const SendRequest& call) {
  return {.outcome = AttemptOutcome::kDone,
          .status = 200,
          .body = Payload::from_trusted_text("{\"of\":\"" + call.step + "\"}")};
}

Answer refused(int status) {
  return {
      .outcome = AttemptOutcome::kRefused, .status = status, .body = {}, .error_type = "communication", .title = "no"};
}

Answer unknown(bool retryable) {
  return {
      .outcome = AttemptOutcome::kUnknown, .retryable = retryable, .body = {}, .error_type = "timeout", .title = "?"};
}

}  // namespace

std::string random_workflow(Random& random) {
  return Writer(random).workflow();
}

// The effect of a request that arrives.
Answer ModelWorld::apply(const SendRequest& call) {
  const auto known = answers_.find(call.key);
  if (known != answers_.end()) return known->second;
  const std::string step(step_of(call.step));
  Answer answer = done(call);
  const bool undoes = call.action == Action::kCompensate && call.request->operation == "refund";
  if (call.action == Action::kExecute) {
    if (tombstones_.contains(step)) {
      answer = refused(409);
    } else if (ill_ && chance(random_, 15)) {
      answer = refused(422);
    } else {
      effect_twice_ = effect_twice_ || ever_.contains(step);
      live_.insert(step);
      ever_.insert(step);
    }
  } else if (undoes) {
    if (live_.erase(step) != 0) undone_.push_back(step);
    std::erase_if(live_, [&](const std::string& inner) { return inner.starts_with(step + "."); });
    tombstones_.insert(step);
  }
  return answers_[call.key] = answer;
}

// Nothing is lost on the way to another execution; it fails and leaves nothing, or something, as it will.
Answer ModelWorld::answer_of_run(const SendRequest& call) {
  const std::string step(step_of(call.step));
  if (call.request->undoes) {
    if (ill_ && chance(random_, 10)) return refused(500);
    if (live_.erase(step) != 0) undone_.push_back(step);
    return done(call);
  }
  if (ill_ && chance(random_, 20)) return refused(422);
  live_.insert(step);
  return ill_ && chance(random_, 10) ? unknown(false) : done(call);
}

Answer ModelWorld::answer(const SendRequest& call) {
  if (call.request->is_to_engine()) return answer_of_run(call);

  const auto [it, first] = bodies_.emplace(call.key, call.request->target + call.request->body);
  if (!first && it->second != call.request->target + call.request->body) keys_kept_their_body_ = false;
  if (!ill_) return apply(call);
  switch (random_() % 10) {
    case 0:  // the request is lost, or late
      if (chance(random_, 60)) late_.push_back(call);
      return unknown(true);
    case 1:  // the reply is lost
      apply(call);
      return unknown(true);
    case 2: {  // nothing was sent
      Answer answer = refused(0);
      answer.retryable = true;
      answer.sent = false;
      return answer;
    }
    case 3:  // the reply is garbage
      apply(call);
      return unknown(false);
    case 4:
      return call.action == Action::kCompensate && chance(random_, 40) ? refused(422) : unknown(true);
    default:
      return apply(call);
  }
}

void ModelWorld::deliver_late() {
  for (const auto& call : late_) apply(call);
  late_.clear();
}

}  // namespace skald::saga
