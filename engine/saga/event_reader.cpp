#include "engine/saga/event_reader.hpp"

#include <memory>

#include "engine/base/duration.hpp"

namespace skald::saga {

RequestPtr EventReader::request() {
  const Json* value = find("request");
  if (!value) return nullptr;
  if (!value->is_object()) return bad<RequestPtr>("request");
  EventReader inner(*value);
  auto request = std::make_shared<Request>();
  request->adapter = inner.text("adapter");
  request->operation = inner.text("operation");
  request->method = inner.text("method");
  request->target = inner.text("target");
  request->run = inner.run();
  request->undoes = inner.optional_id("undoes");
  if (const Json* headers = inner.find("headers")) {
    for (const auto& pair : *headers) {
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
        return bad<RequestPtr>("request.headers");
      }
      request->headers.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
    }
  }
  if (const Json* body = inner.find("body")) request->body = dump_json(*body);
  if (inner.find("output")) request->output = inner.word("output", definition::parse_answer_form);
  request->redirect = inner.flag("redirect");
  request->timeout = inner.optional_duration("timeout");
  if (!inner.bad_field().empty()) return bad<RequestPtr>("request");
  return request;
}

std::optional<RunTarget> EventReader::run() {
  const Json* value = find("run");
  if (!value) return std::nullopt;
  if (!value->is_object()) return bad<std::optional<RunTarget>>("run");
  EventReader inner(*value);
  RunTarget target{.namespace_name = inner.text("namespace"),
                   .workflow = inner.text("name"),
                   .version = inner.text("version"),
                   .awaited = !inner.flag("detached"),
                   .timeout = std::nullopt,
                   .pivot = inner.flag("pivot")};
  target.timeout = inner.optional_duration("timeout");
  if (!inner.bad_field().empty()) return bad<std::optional<RunTarget>>("run");
  return target;
}

RunBy EventReader::by() {
  return {.execution = id("execution"), .step = text("step"), .attempt = number("attempt")};
}

std::vector<Listen> EventReader::listens() {
  std::vector<Listen> listens;
  const Json* value = find("listens");
  if (!value) return listens;
  for (const auto& pair : *value) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return bad<std::vector<Listen>>("listens");
    }
    listens.push_back({pair[0].get<std::string>(), pair[1].get<std::string>()});
  }
  return listens;
}

}  // namespace skald::saga
