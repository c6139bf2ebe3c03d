#include "bench/probe/execution.hpp"

#include "bench/probe/text.hpp"

namespace skald::probe {
namespace {

constexpr std::string_view kInputHead = R"({"orderId":")";
constexpr std::string_view kInputTail = R"(","amount":4999,"currency":"EUR","items":[{"sku":"book-17","quantity":2}],)"
                                        R"("address":{"street":"1 Main Street","city":"Berlin","country":"DE"}})";
constexpr std::size_t kOrderBytes = 16;
constexpr std::string_view kAnswerHead = R"({"id":)";
constexpr std::string_view kCallEnd = "}}";

bool is_standard(std::string_view input) {
  return input.size() == kInputHead.size() + kOrderBytes + kInputTail.size() && input.starts_with(kInputHead) &&
         input.ends_with(kInputTail);
}

// The id in {"id":"x"}, quotes included.
std::string_view id_in(std::string_view answer) {
  return answer.substr(kAnswerHead.size(), answer.size() - kAnswerHead.size() - 1);
}

// StepStarted of the next step: the engine's request, its body last.
void start_step(Execution& e) {
  const std::string_view name = kStepNames[e.steps_done];
  std::string& out = e.step_started;
  assign(out, {R"({"request":{"adapter":"participant","operation":")", name, R"(","method":"POST","target":"/done/)",
               name, R"(","body":)"});
  e.call_begin = out.size();
  switch (e.steps_done) {
    case 0:
      append(out, {R"({"amount":4999,"currency":"EUR","orderId":")"});
      break;
    case 1:
      append(out, {R"({"items":[{"quantity":2,"sku":"book-17"}],"orderId":")"});
      break;
    default:
      append(out, {R"({"address":{"city":"Berlin","country":"DE","street":"1 Main Street"},"firstId":)", e.first_id(),
                   R"(,"orderId":")"});
  }
  append(out, {e.order(), R"("})", kCallEnd});
}

}  // namespace

std::string_view Execution::order() const {
  return std::string_view(input).substr(kInputHead.size(), kOrderBytes);
}

std::string_view Execution::call_body() const {
  return std::string_view(step_started).substr(call_begin, step_started.size() - call_begin - kCallEnd.size());
}

std::string_view Execution::first_id() const {
  return id_in(outputs[0]);
}

std::string_view Execution::third_id() const {
  return id_in(outputs[kSteps - 1]);
}

bool begin(Execution& e, Timestamp at, std::uint64_t random_high, std::uint64_t random_low) {
  if (!is_standard(e.input)) return false;
  e.id = make_execution_id(at, random_high, random_low);
  e.id_text = to_string(e.id);
  e.steps_done = 0;
  e.at[0] = at;
  assign(e.started, {R"({"namespace":"bench","name":"three-steps","version":"1.0.0","digest":")", kDigest,
                     R"(","input":)", e.input, "}"});
  start_step(e);
  return true;
}

bool complete_step(Execution& e, std::string_view answer, Timestamp at) {
  if (answer.size() <= kAnswerHead.size() || !answer.starts_with(kAnswerHead) || !answer.ends_with('}')) return false;
  e.outputs[e.steps_done].assign(answer);
  e.at[++e.steps_done] = at;
  assign(e.step_completed, {R"({"output":)", answer, "}"});
  if (e.steps_done < kSteps) {
    start_step(e);
  } else {
    assign(e.ended, {R"({"phase":"completed","outcome":"completed","output":{"firstId":)", e.first_id(),
                     R"(,"orderId":")", e.order(), R"(","thirdId":)", e.third_id(), "}}"});
  }
  return true;
}

}  // namespace skald::probe
