#include "bench/probe/messages.hpp"

#include <array>
#include <chrono>

#include "bench/probe/text.hpp"

namespace skald::probe {
namespace {

constexpr Millis kStepTimeout = std::chrono::seconds(5);

std::array<char, 16> to_hex(std::uint64_t value) {
  std::array<char, 16> text;
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = "0123456789abcdef"[value >> (60 - 4 * i) & 0x0F];
  return text;
}

}  // namespace

void write_call(std::string& out, const Execution& e, std::string_view authority, std::uint64_t span) {
  const std::string_view step = kStepNames[e.steps_done];
  const std::string_view id = e.id_text;
  const std::string deadline = format_rfc3339(e.at[e.steps_done] + kStepTimeout);
  const auto span_text = to_hex(span);
  assign(out, {"POST /done/",
               step,
               " HTTP/1.1\r\nHost: ",
               authority,
               "\r\nUser-Agent: skald/0.1.0\r\nAccept: application/json, */*;q=0.5\r\nIdempotency-Key: \"",
               id,
               "/",
               step,
               "\"\r\nSkald-Execution: ",
               id,
               "\r\nSkald-Workflow: bench/three-steps:1.0.0\r\nSkald-Step: ",
               step,
               "\r\nSkald-Attempt: 1\r\nSkald-Action: execute\r\nSkald-Epoch: 1\r\nSkald-Deadline: ",
               deadline,
               "\r\ntraceparent: 00-",
               id.substr(0, 8),
               id.substr(9, 4),
               id.substr(14, 4),
               id.substr(19, 4),
               id.substr(24),
               "-",
               std::string_view(span_text.data(), span_text.size()),
               "-01\r\nContent-Type: application/json\r\nContent-Length: "});
  append_number(out, e.call_body().size());
  append(out, {"\r\n\r\n", e.call_body()});
}

void write_answer(std::string& out, const Execution& e) {
  std::array<std::string, kSteps + 1> at;
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = format_rfc3339(e.at[i]);
  constexpr std::string_view kStatus = R"(","status":"completed","startedAt":")";
  constexpr std::string_view kAttempts = R"(","attempts":1,"inFlight":false,"output":)";
  constexpr std::string_view kEndedAt = R"(","endedAt":")";
  const std::string_view id = e.id_text;
  const Pieces body = {R"({"id":")",
                       id,
                       R"(","workflow":{"namespace":"bench","name":"three-steps","version":"1.0.0","digest":")",
                       kDigest,
                       R"("},"phase":"completed","outcome":"completed","status":null,"input":)",
                       e.input,
                       R"(,"output":{"firstId":)",
                       e.first_id(),
                       R"(,"orderId":")",
                       e.order(),
                       R"(","thirdId":)",
                       e.third_id(),
                       R"(},"error":null,"labels":{},"startedAt":")",
                       at[0],
                       R"(","updatedAt":")",
                       at[3],
                       kEndedAt,
                       at[3],
                       R"(","position":8,"compensation":{"state":"none","steps":[]},"steps":[)",
                       R"({"name":"first","path":"first)",
                       kStatus,
                       at[0],
                       kEndedAt,
                       at[1],
                       kAttempts,
                       e.outputs[0],
                       R"(,"error":null},{"name":"second","path":"second)",
                       kStatus,
                       at[1],
                       kEndedAt,
                       at[2],
                       kAttempts,
                       e.outputs[1],
                       R"(,"error":null},{"name":"third","path":"third)",
                       kStatus,
                       at[2],
                       kEndedAt,
                       at[3],
                       kAttempts,
                       e.outputs[2],
                       R"(,"error":null}],"incidents":[],"replayOf":null,"replays":[]})"};
  assign(out, {"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "});
  append_number(out, size_of(body));
  append(out, {"\r\nLocation: /v1/executions/", id, "\r\nPreference-Applied: wait=30\r\n\r\n"});
  append(out, body);
}

}  // namespace skald::probe
