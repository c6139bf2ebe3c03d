// Any bytes as a participant's answer: an answer within the limits or a reason, and the same however they arrive.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "adapters/http/outcome.hpp"
#include "adapters/http/response_reader.hpp"
#include "engine/base/limits.hpp"

namespace {

using namespace skald;
using Progress = adapters::ResponseReader::Progress;

struct Read {
  Progress progress = Progress::kMore;
  adapters::Response response;
};

Read read(std::string_view text, std::size_t piece, bool without_body) {
  adapters::ResponseReader reader;
  reader.reset({.without_body = without_body, .keep_fields = true});
  std::string buffer;
  Read result;
  for (std::size_t at = 0; at < text.size() && result.progress == Progress::kMore; at += piece) {
    buffer += text.substr(at, piece);
    std::size_t consumed = 0;
    result.progress = reader.feed(buffer, consumed);
    if (consumed > buffer.size()) std::abort();
    buffer.erase(0, consumed);
    if (buffer.size() > adapters::kHeadBytesMax + piece) std::abort();
  }
  if (result.progress == Progress::kMore) result.progress = reader.finish();
  if (result.progress != Progress::kComplete && reader.problem().empty()) std::abort();
  if (reader.response().body.size() > limits::kResponseBytesMax) std::abort();
  result.response = reader.response();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const bool without_body = (data[0] & 1) != 0;
  Read whole = read(text, text.size() + 1, without_body);
  const Read pieces = read(text, 1 + data[1], without_body);
  if (whole.progress == Progress::kComplete) {
    if (pieces.progress != Progress::kComplete || pieces.response.status != whole.response.status ||
        pieces.response.body != whole.response.body) {
      std::abort();
    }
    if (whole.response.status < 200) std::abort();
    saga::Request request;
    request.output = static_cast<definition::AnswerForm>((data[0] >> 1) % definition::kAnswerForms.size());
    request.redirect = (data[0] & 8) != 0;
    const auto answer = adapters::answer_from(whole.response, request, {}, Timestamp());
    if (answer.outcome == saga::AttemptOutcome::kDone) {
      if (check_json(answer.body.text())) std::abort();
    } else if (answer.title.empty() || answer.detail.size() > 2048) {
      std::abort();
    }
  } else if (pieces.progress == Progress::kComplete) {
    std::abort();
  }
  return 0;
}
