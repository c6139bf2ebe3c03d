// Runs every file of cases/: a workflow, then inputs (lines beginning with "> ") and what must follow from each.
// A failing case prints the transcript as it is; SKALD_UPDATE=1 writes it into the file for review.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/duration.hpp"
#include "engine/saga/callback_token.hpp"
#include "engine/saga/event_codec.hpp"
#include "tests/engine/saga/saga_bench.hpp"
#include "tests/support/files.hpp"

namespace skald::saga {
namespace {

namespace fs = std::filesystem;

const fs::path kCases = fs::path(SKALD_SOURCE_DIR) / "tests/engine/saga/cases";

// " basic username=shop password=$secrets.token"
std::string describe(definition::Authentication authentication) {
  constexpr const char* kSchemes[] = {"bearer", "basic", "digest", "oauth2"};
  std::string words = fmt::format(" {}", kSchemes[authentication.index()]);
  const auto add = [&](std::string_view name, const definition::CredentialText& text) {
    words += fmt::format(" {}=", name);
    if (const auto* literal = std::get_if<std::string>(&text)) words += *literal;
    if (const auto* secret = std::get_if<definition::SecretReference>(&text)) {
      words += "$secrets." + secret->name + (secret->field.empty() ? "" : "." + secret->field);
    }
    EXPECT_FALSE(std::holds_alternative<expression::Expression>(text)) << "left the engine unevaluated";
  };
  std::visit([&](auto& scheme) { definition::for_each_text(scheme, add); }, authentication);
  return words;
}

// " with X-Key=shop $secrets.key"
std::string describe(const std::vector<definition::SecretHeader>& headers) {
  std::string words = " with";
  for (const auto& header : headers) {
    words += fmt::format(" {}=", header.name);
    for (const auto& part : header.value) {
      const auto* secret = std::get_if<definition::SecretReference>(&part);
      words += secret ? "$secrets." + secret->name : std::get<std::string>(part);
    }
  }
  return words;
}

std::string take_word(std::string& rest) {
  const auto end = rest.find(' ');
  std::string word = rest.substr(0, end);
  rest = end == std::string::npos ? "" : rest.substr(end + 1);
  return word;
}

Answer unknown(int status) {
  return {.outcome = AttemptOutcome::kUnknown,
          .retryable = true,
          .sent = true,
          .status = status,
          .body = {},
          .error_type = status == 0 ? "timeout" : "communication",
          .title = status == 0 ? "No answer in time" : "The participant failed"};
}

class Transcript {
 public:
  explicit Transcript(const std::string& yaml) : bench_(yaml) {}

  std::string run(const std::string& line) {
    std::string rest = line;
    const std::string verb = take_word(rest);
    out_ = "> " + line + "\n";
    if (verb == "crash") {
      bench_.crash();
      report("");
    } else {
      report(bench_.feed({.actor = actor_of(verb), .what = input_of(verb, rest)}));
    }
    return out_;
  }

 private:
  static std::string actor_of(const std::string& verb) {
    const bool engine = verb == "start" || verb == "tick" || verb == "wait" || verb == "done" || verb == "refused" ||
                        verb == "unsent" || verb == "unknown" || verb == "garbled" || verb == "late" ||
                        verb == "event" || verb == "begin-run" || verb == "undo-run" || verb == "callback" ||
                        verb == "forged" || verb == "quarantine";
    return engine ? "" : "ann";
  }

  Payload json(const std::string& text) {
    auto payload = Payload::from_text(text.empty() ? "null" : text);
    EXPECT_TRUE(payload.has_value()) << text;
    return payload.value_or(Payload());
  }

  AttemptEnded answer(const std::string& step, Answer answer) {
    const auto it = bench_.in_flight().find(step);
    EXPECT_NE(it, bench_.in_flight().end()) << "no call of '" << step << "' is in flight";
    if (it == bench_.in_flight().end()) return {.step = step, .attempt = 0, .answer = std::move(answer)};
    return {.step = step, .attempt = it->second.attempt, .settling = it->second.settling, .answer = std::move(answer)};
  }

  decltype(Input::what) input_of(const std::string& verb, std::string rest) {
    if (verb == "start") return start(rest);
    if (verb == "begin-run") return begin_run(rest);
    if (verb == "undo-run") return UndoExecution{run_by()};
    if (verb == "tick" || verb == "wait") {
      bench_.advance(verb == "tick" ? *parse_duration(rest) : *bench_.wake() - bench_.now());
      return TimerFired{};
    }
    if (verb == "quarantine") return QuarantineExecution{rest};
    if (verb == "cancel") return CancelExecution{rest};
    if (verb == "suspend") return SuspendExecution{rest};
    if (verb == "resume") return ResumeExecution{rest};
    if (verb == "terminate") return TerminateExecution{rest};
    if (verb == "retry" || verb == "skip" || verb == "resolve") return resolution(verb, rest);
    const std::string step = take_word(rest);
    if (verb == "done") {
      return answer(step, {.outcome = AttemptOutcome::kDone, .status = 200, .body = json(rest)});
    }
    if (verb == "late") return late(step, rest);
    if (verb == "event") return EventArrived{.step = step, .event = json(rest)};
    if (verb == "callback" || verb == "forged") return callback(verb, step, rest);
    return failed_answer(verb, step, rest);
  }

  StartExecution start(const std::string& input) {
    StartExecution start{.input = json(input)};
    if (!bench_.definition().uses_callbacks) return start;
    start.callback_url = "http://localhost/v1/callbacks/";
    start.callback_secret = "00112233445566778899aabbccddeeff";
    return start;
  }

  // Of another execution's step, with a timeout of its own.
  StartExecution begin_run(const std::string& input) {
    StartExecution begin = start(input);
    begin.parent = Parent{.by = run_by(), .depth = 1};
    begin.timeout = std::chrono::minutes(10);
    return begin;
  }

  static RunBy run_by() {
    return {.execution = *parse_execution_id("019b76da-a800-7001-8000-0000000000aa"), .step = "ship", .attempt = 1};
  }

  CallbackArrived callback(const std::string& verb, const std::string& step, const std::string& data) {
    const auto token = parse_callback_token(callback_token(bench_.state(), step));
    return {.step = token->step, .mac = verb == "forged" ? std::string(32, '0') : token->mac, .data = json(data)};
  }

  static ResolveIncident resolution(const std::string& verb, std::string rest) {
    ResolveIncident input;
    input.number = static_cast<std::uint32_t>(std::stoul(take_word(rest)));
    input.resolution = *parse_incident_resolution(verb);
    input.reason = "looked into it";
    if (!rest.empty()) input.output = Payload::from_trusted_text(rest);
    return input;
  }

  static AttemptEnded late(const std::string& step, std::string rest) {
    AttemptEnded input{.step = step};
    input.attempt = static_cast<std::uint32_t>(std::stoul(take_word(rest)));
    input.answer = {.outcome = AttemptOutcome::kDone, .status = 200, .body = Payload::from_trusted_text(rest)};
    return input;
  }

  AttemptEnded failed_answer(const std::string& verb, const std::string& step, std::string rest) {
    const std::string first = take_word(rest);
    const int status = first.empty() ? 0 : std::stoi(first);
    Answer reply = unknown(status);
    if (verb == "garbled") reply.retryable = false;
    if (verb == "unknown" && !rest.empty()) reply.retry_after = parse_duration(rest);
    if (verb == "refused" || verb == "unsent") {
      reply.outcome = AttemptOutcome::kRefused;
      reply.retryable = verb == "unsent";
      reply.sent = verb == "refused";
      reply.error_type = "communication";
      reply.title = verb == "unsent" ? "No connection" : "The participant refused";
    }
    return answer(step, std::move(reply));
  }

  void report(const std::string& refusal) {
    if (!refusal.empty()) out_ += "  refused: " + refusal + "\n";
    if (refusal.empty()) {
      const auto first = bench_.rows().size() - bench_.events().size();
      for (std::size_t i = first; i < bench_.rows().size(); ++i) {
        const auto& row = bench_.rows()[i];
        out_ += fmt::format("  {} {}{}{}{} {}\n", i + 1, row.kind, row.step.empty() ? "" : " " + row.step,
                            row.attempt ? fmt::format(" #{}", row.attempt) : "",
                            row.actor.empty() ? "" : " by " + row.actor, row.data);
      }
      for (const auto& effect : bench_.effects()) {
        const auto& send = std::get<SendRequest>(effect);
        if (send.request->is_to_engine()) {
          out_ += fmt::format("  {} {} #{} {}\n", send.request->run ? "run" : "have undone", send.step, send.attempt,
                              to_string(run_of(send)));
          continue;
        }
        out_ += fmt::format("  send {} #{}{} {} {} {} in {} key {}{}{}\n", send.step, send.attempt,
                            send.settling ? " settling" : "", send.request->method, send.request->target,
                            send.request->body, format_duration(send.timeout), send.key.substr(37),
                            send.authentication ? " as" + describe(*send.authentication) : "",
                            send.secret_headers ? describe(*send.secret_headers) : "");
      }
    }
    const State& state = bench_.state();
    const auto wake = bench_.wake();
    out_ += fmt::format("  = {}{}{}{}\n", to_string(state.phase),
                        state.outcome ? fmt::format(" {}", to_string(*state.outcome)) : "",
                        state.status.empty() ? "" : " " + state.status,
                        wake ? " wake in " + format_duration(*wake - bench_.now()) : "");
  }

  ExecutionId run_of(const SendRequest& send) const {
    if (send.request->undoes) return *send.request->undoes;
    return find_step(bench_.state(), send.step)->execution.value();
  }

  SagaBench bench_;
  std::string out_;
};

class SagaTranscript : public testing::TestWithParam<fs::path> {};

TEST_P(SagaTranscript, FollowsFromItsInputs) {
  const std::string whole = test::text_of(GetParam());
  const auto cut = whole.find("===\n");
  ASSERT_NE(cut, std::string::npos) << "a case is a workflow, a line ===, and inputs";
  Transcript transcript(whole.substr(0, cut));
  std::string actual = whole.substr(0, cut + 4);
  std::istringstream lines(whole.substr(cut + 4));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("> ")) actual += transcript.run(line.substr(2));
    if (line.starts_with("#")) actual += line + "\n";
  }
  if (std::getenv("SKALD_UPDATE") && actual != whole) std::ofstream(GetParam()) << actual;
  EXPECT_EQ(actual, whole);
}

std::string name_of(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.stem().string();
  std::replace_if(name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, SagaTranscript, testing::ValuesIn(test::files_of(kCases, ".txt")), name_of);

}  // namespace
}  // namespace skald::saga
