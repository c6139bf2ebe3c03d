#include "engine/saga/request_builder.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "engine/saga/request_parameters.hpp"
#include "engine/saga/request_text.hpp"

namespace skald::saga {
namespace {

using definition::AdapterCall;
using definition::HttpCall;
using definition::RunUndo;
using definition::WorkflowRun;

bool has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

// One path segment of an endpoint, where the specification has a value that is missing be empty text. Not in an undo:
// it must not meet another resource.
Result<std::string> endpoint_part(const Json& input, const std::string& name, bool is_undo) {
  const auto it = input.is_object() ? input.find(name) : input.end();
  if (is_undo) return path_segment(input, name, "endpoint");
  if (it == input.end() || it->is_null() || *it == "") return std::string();
  if (it->is_structured()) {
    return failure("expression", fmt::format("'{{{}}}' in the endpoint stands for {}, not for text or a number", name,
                                             it->is_array() ? "a list" : "an object"));
  }
  return path_segment(input, name, "endpoint");
}

// Fills `{name}` places of an operation's path and takes the names out of the arguments.
Result<std::string> fill_path(const std::string& path, Json& arguments, const std::string& where) {
  std::string target;
  for (std::size_t at = 0; at < path.size();) {
    const auto open = path.find('{', at);
    target.append(path, at, open == std::string::npos ? std::string::npos : open - at);
    if (open == std::string::npos) break;
    const auto close = path.find('}', open);
    if (close == std::string::npos) return failure("configuration", "a '{' in the path is not closed", where);
    const std::string name = path.substr(open + 1, close - open - 1);
    auto segment = path_segment(arguments, name, where);
    if (!segment) return std::unexpected(std::move(segment.error()));
    target += *segment;
    at = close + 1;
  }
  for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
    const auto close = path.find('}', at);
    if (close != std::string::npos) arguments.erase(path.substr(at + 1, close - at - 1));
  }
  return target;
}

Result<Json> render(const expression::ValueTemplate& value, const Json& input,
                    const expression::Environment& environment) {
  auto rendered = value.render(input, environment);
  if (rendered && is_deeper_than(*rendered, kJsonDepthMax)) {
    return failure("expression", fmt::format("the value is nested deeper than {} levels", kJsonDepthMax));
  }
  return rendered;
}

Result<Request> build(const AdapterCall& call, const definition::OperationCatalog& operations, const Json& input,
                      const expression::Environment& environment, bool) {
  const std::string where = call.adapter + "." + call.operation;
  const auto* operation = operations.find(call.adapter, call.operation);
  if (!operation) {
    return failure("configuration", fmt::format("the adapter operation '{}' does not exist", where), where,
                   "add it to the adapters file");
  }
  auto arguments = render(call.with, input, environment);
  if (!arguments) return std::unexpected(std::move(arguments.error()));
  auto target = fill_path(operation->path, *arguments, where);
  if (!target) return std::unexpected(std::move(target.error()));
  Request request;
  request.adapter = call.adapter;
  request.operation = call.operation;
  request.method = operation->method;
  request.target = std::move(*target);
  if (has_body(operation->method)) {
    request.body = dump_json(*arguments);
  } else if (arguments->is_object()) {
    append_query(request.target, *arguments);
  }
  return request;
}

// `values`: of the places.
Result<std::string> fill_endpoint(const HttpCall& call, const Json& input, const Json& values,
                                  const expression::Environment& environment, bool is_undo) {
  if (call.endpoint_expression) {
    auto value = call.endpoint_expression->evaluate(input, environment);
    if (!value) return std::unexpected(std::move(value.error()));
    if (!value->is_string()) return failure("expression", "the endpoint must be a string");
    return value->get<std::string>();
  }
  std::string target;
  for (std::size_t i = 0; i < call.endpoint.size(); ++i) {
    if (i % 2 == 0) {
      target += call.endpoint[i];
      continue;
    }
    auto segment =
        call.parameters ? list_segment(values, call.endpoint[i]) : endpoint_part(values, call.endpoint[i], is_undo);
    if (!segment) return segment;
    target += *segment;
  }
  return target;
}

Result<Request> build(const HttpCall& call, const definition::OperationCatalog&, const Json& input,
                      const expression::Environment& environment, bool is_undo) {
  auto arguments = call.parameters ? render(call.parameters->values, input, environment) : Result<Json>(Json());
  if (arguments && call.parameters) {
    if (auto fits = check_arguments(call.parameters->declared, *arguments); !fits) return std::unexpected(fits.error());
  }
  if (!arguments) return std::unexpected(std::move(arguments.error()));
  auto target = fill_endpoint(call, input, call.parameters ? *arguments : input, environment, is_undo);
  if (!target) return std::unexpected(std::move(target.error()));
  Request request;
  request.method = call.method;
  request.target = std::move(*target);
  request.output = call.output;
  request.redirect = call.redirect;
  if (call.query) {
    auto query = render(*call.query, input, environment);
    if (!query) return std::unexpected(std::move(query.error()));
    if (!query->is_object()) return failure("expression", "query must be an object");
    append_query(request.target, *query);
  }
  if (call.headers) {
    auto headers = render(*call.headers, input, environment);
    if (!headers) return std::unexpected(std::move(headers.error()));
    if (!headers->is_object()) return failure("expression", "headers must be an object");
    for (const auto& [name, value] : headers->items()) request.headers.emplace_back(name, scalar_text(value));
  }
  if (call.body) {
    auto body = render(*call.body, input, environment);
    if (!body) return std::unexpected(std::move(body.error()));
    request.body = dump_json(*body);
  }
  if (call.parameters) {
    if (auto done = place_arguments(call.parameters->declared, *arguments, request); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  return request;
}

Result<Request> build(const WorkflowRun& call, const definition::OperationCatalog&, const Json& input,
                      const expression::Environment& environment, bool) {
  Request request;
  request.run = RunTarget{.namespace_name = call.namespace_name,
                          .workflow = call.workflow,
                          .version = call.version,
                          .awaited = call.awaited,
                          .timeout = std::nullopt,
                          .pivot = false};
  const auto arguments = call.input ? render(*call.input, input, environment) : Result<Json>(Json::object());
  if (!arguments) return std::unexpected(arguments.error());
  request.body = dump_json(*arguments);
  if (request.body.size() > limits::kInputBytesMax) {
    return failure("expression",
                   fmt::format("the input of {}/{} has {} bytes; an execution takes at most {}", call.namespace_name,
                               call.workflow, request.body.size(), limits::kInputBytesMax));
  }
  return request;
}

// Of what is undone the step's state knows.
Result<Request> build(const RunUndo&, const definition::OperationCatalog&, const Json&, const expression::Environment&,
                      bool) {
  return Request{};
}

}  // namespace

Result<Request> build_request(const definition::CallStep& call, const definition::OperationCatalog& operations,
                              const Json& input, const expression::Environment& environment, bool is_undo) {
  const auto build_for = [&](const auto& target) { return build(target, operations, input, environment, is_undo); };
  return std::visit(build_for, call.target);
}

}  // namespace skald::saga
