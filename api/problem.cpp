#include "api/problem.hpp"

#include <fmt/format.h>

#include <array>

#include "api/views/mask.hpp"
#include "engine/base/json.hpp"

namespace skald::api {
namespace {

struct Row {
  std::string_view code;
  int status;
  std::string_view title;
  std::string_view remedy = {};  // in the words of the API, before what the engine says
};

constexpr std::array kRows = {
    Row{"request.invalid", 400, "The request is not understood"},
    Row{"request.cursor", 400, "The cursor is not one of this list"},
    Row{"json.syntax", 400, "The body is not valid JSON"},
    Row{"event.invalid", 400, "The body is not a CloudEvent"},
    Row{"json.depth", 400, "The body is nested too deeply"},
    Row{"http.malformed", 400, "The request is not well-formed HTTP"},
    Row{"http.not_found", 404, "There is nothing at this address"},
    Row{"workflow.unknown", 404, "There is no such workflow"},
    Row{"workflow.unknown_version", 404, "The workflow has no such version"},
    Row{"execution.unknown", 404, "There is no such execution"},
    Row{"incident.unknown", 404, "The execution has no such incident"},
    Row{"callback.unknown", 404, "There is no such callback address"},
    Row{"http.method", 405, "The address does not take this method"},
    Row{"http.not_acceptable", 406, "None of the media types that are accepted can be given"},
    Row{"http.timeout", 408, "The request did not arrive in time"},
    Row{"definition.conflict", 409, "The version is registered with other content"},
    Row{"execution.ended", 409, "The execution has ended"},
    Row{"execution.pivot", 409, "The point of no return has been passed"},
    Row{"execution.cancel_refused", 409, "The workflow does not allow a cancellation now"},
    Row{"execution.not_suspended", 409, "The execution is not suspended",
        "only what `suspend` holds can be resumed; an incident takes retry, skip or resolve"},
    Row{"incident.resolved", 409, "The incident is resolved already"},
    Row{"incident.retry_only", 409, "The incident can only be retried"},
    Row{"incident.not_retryable", 409, "The incident cannot be retried"},
    Row{"unique.taken", 409, "An earlier execution is about the same"},
    Row{"replay.not_ended", 409, "The execution has not ended"},
    Row{"replay.standing", 409, "Effects of the execution still stand"},
    Row{"replay.reused", 409, "The execution's effects were taken over already"},
    Row{"replay.repeated", 409, "The execution is replayed already"},
    Row{"replay.undone", 409, "What would be taken over was undone"},
    Row{"replay.not_failed", 409, "No step of the execution failed"},
    Row{"execution.suspected", 409, "The execution is left alone: it makes the server die"},
    Row{"history.unreadable", 409, "The execution's history cannot be read"},
    Row{"history.unknown_kind", 409, "The execution was written by a newer version of Skald"},
    Row{"definition.unreadable", 409, "The definition does not load with this version of Skald"},
    Row{"replay.expired", 409, "The execution is about to be removed"},
    Row{"replay.differs", 409, "The version's steps do not fit the execution"},
    Row{"callback.used", 410, "The callback address has been used"},
    Row{"event.too_large", 413, "The event is too large"},
    Row{"http.body_too_large", 413, "The body is too large"},
    Row{"input.too_large", 413, "The input is too large"},
    Row{"http.media_type", 415, "The body's media type is not taken here"},
    Row{"http.content_encoding", 415, "The body's encoding is not taken here"},
    Row{"http.expectation", 417, "The expectation cannot be met"},
    Row{"definition.invalid", 422, "The definition has errors"},
    Row{"input.invalid", 422, "The input does not fit the workflow"},
    Row{"unique.invalid", 422, "The input has no key to tell it from others by"},
    Row{"idempotency.mismatch", 422, "The idempotency key was used with another request"},
    Row{"incident.needs_output", 422, "The incident cannot be resolved without an output",
        "give what the step would have answered: `output` in the body, or --output-file"},
    Row{"replay.unknown_step", 422, "The execution has no such step"},
    Row{"engine.overloaded", 429, "The server has as much work as it takes"},
    Row{"events.full", 429, "Too many events wait for somebody who takes them"},
    Row{"store.overloaded", 429, "The server has as much work as it takes"},
    Row{"http.header_too_large", 431, "The header is too large"},
    Row{"internal", 500, "The server failed"},
    Row{"engine.draining", 503, "The server is shutting down"},
    Row{"engine.no_shards", 503, "This node takes no starts yet"},
    Row{"command.pending", 503, "The command is accepted and not applied yet"},
    Row{"engine.moved", 503, "Another node goes on with the execution"},
    Row{"store.unavailable", 503, "The database does not answer"},
    Row{"store.full", 503, "The disk is nearly full"},
    Row{"definition.busy", 503, "The documents of another definition are being fetched"},
    Row{"http.connections", 503, "The server has as many connections as it takes"},
    Row{"http.version", 505, "The HTTP version is not supported"},
};

const Row& row_of(std::string_view code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row;
  }
  return row_of("internal");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, value);
}

void append_detail(std::string& out, const Error& error, const Row& row) {
  std::string detail = error.subject.empty() ? error.message : error.subject + ": " + error.message;
  if (!error.detail.empty()) detail += " (" + error.detail + ")";
  append_field(out, "detail", detail);
  const auto remedy = row.remedy.empty() ? std::string_view(error.remedy) : row.remedy;
  if (!remedy.empty()) append_field(out, "remedy", remedy);
}

}  // namespace

int status_of(std::string_view code) {
  return row_of(code).status;
}

Response Problems::answer_with(const Error& error, std::string_view path, std::string_view extra) const {
  const Row& row = row_of(error.code);
  std::string instance(path);
  mask_callbacks(instance);
  Response response{.status = row.status, .content_type = "application/problem+json"};
  std::string& body = response.body;
  body = fmt::format(R"({{"type":"urn:skald:problem:{}","title":"{}","status":{})", row.code, row.title, row.status);
  if (row.status >= 500) {
    const std::string id = fmt::format("{:016x}", entropy_.next());
    const std::string status = fmt::to_string(row.status);
    log_.write(row.status == 500 ? ports::LogLevel::kError : ports::LogLevel::kWarning, "request failed",
               {{"id", id}, {"code", error.code}, {"error", to_text(error)}, {"path", instance}, {"status", status}});
    append_field(body, "detail", "the server's log has the reason under this id");
    append_field(body, "id", id);
  } else {
    append_detail(body, error, row);
  }
  append_field(body, "instance", instance);
  append_field(body, "code", row.code);
  body += extra;
  body += '}';
  if (row.status == 429 || row.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response Problems::answer(const Error& error, std::string_view instance) const {
  // The engine reports where an input does not fit as a JSON array of {pointer, detail}.
  if (error.code == "input.invalid" && error.detail.starts_with('[')) {
    Error shown = error;
    shown.detail.clear();
    return answer_with(shown, instance, ",\"errors\":" + error.detail);
  }
  return answer_with(error, instance, {});
}

Response Problems::answer(const Error& error, std::string_view instance,
                          const std::vector<ProblemEntry>& errors) const {
  std::string extra = ",\"errors\":[";
  for (const auto& entry : errors) {
    if (extra.back() != '[') extra += ',';
    extra += "{\"pointer\":";
    append_json_string(extra, entry.pointer);
    append_field(extra, "detail", entry.detail);
    extra += '}';
  }
  extra += ']';
  return answer_with(error, instance, extra);
}

std::string diagnostics_json(const std::vector<definition::Diagnostic>& diagnostics) {
  std::string out = "[";
  for (const auto& diagnostic : diagnostics) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"line":{},"column":{})", diagnostic.mark.line, diagnostic.mark.column);
    append_field(out, "pointer", diagnostic.pointer);
    append_field(out, "severity", diagnostic.severity == definition::Severity::kError ? "error" : "warning");
    append_field(out, "rule", diagnostic.rule);
    append_field(out, "detail", diagnostic.message);
    out += '}';
  }
  return out += ']';
}

}  // namespace skald::api
