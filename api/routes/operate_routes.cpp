// What operators and their tools ask: adapters, metrics, liveness, readiness, the OpenAPI document, the schema of
// workflows.
#include <algorithm>

#include "api/embedded_documents.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "engine/base/json_object.hpp"

namespace skald::api {
namespace {

constexpr std::string_view kSchemaType = "application/schema+json";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string adapters_view(const definition::OperationCatalog& catalog) {
  std::string items;
  for (const auto& [name, operations] : catalog.adapters) {
    if (!items.empty()) items += ',';
    JsonObject adapter(items);
    adapter.text("name", name);
    std::string& list = adapter.key("operations") += '[';
    for (const auto& [operation_name, operation] : operations) {
      if (list.back() != '[') list += ',';
      JsonObject object(list);
      object.text("name", operation_name);
      object.text("method", operation.method);
      object.text("path", operation.path);
    }
    list += ']';
  }
  return items;
}

std::string nodes_view(const std::vector<ports::ClusterNode>& nodes) {
  std::string items;
  for (const auto& node : nodes) {
    if (!items.empty()) items += ',';
    JsonObject object(items);
    object.text("name", node.name);
    object.text("address", node.address);
    object.text("version", node.version);
    object.time("startedAt", node.started_at);
    object.time("leaseUntil", node.lease_until.value_or(Timestamp{}));
    object.flag("draining", node.draining);
    object.number("shards", node.shards);
  }
  return items;
}

struct Check {
  std::string_view name;
  std::string_view problem;  // empty: fine
};

std::vector<Check> run_checks(Services& services) {
  const auto health = services.engine.health();
  const bool is_draining = health.draining || services.shutting_down;
  const auto storage = services.storage_state();
  const bool can_read = services.index.search({.limit = 1}).has_value();
  return {{"shutdown", is_draining ? "shutting down" : ""},
          {"lease", health.owns_shards ? "" : "this node holds no shards: other nodes take starts"},
          {"recovery", health.recovering ? "what was live is being recovered" : ""},
          {"store", !can_read           ? "the database does not answer"
                    : !storage.writable ? "the database cannot be written"
                                        : ""},
          {"space", storage.low_on_space ? "the disk is nearly full: starts are refused" : ""}};
}

// Recovery does not make a server unready: it takes starts meanwhile.
bool is_fatal(const Check& check) {
  return !check.problem.empty() && check.name != "recovery";
}

void append_readiness(std::string& out, Services& services, const std::vector<Check>& checks, bool is_ready,
                      bool is_verbose) {
  JsonObject object(out);
  object.text("status", is_ready ? "ready" : "not ready");
  if (!is_verbose) return;
  std::string& list = object.key("checks") += '[';
  for (const auto& check : checks) {
    if (list.back() != '[') list += ',';
    JsonObject item(list);
    item.text("name", check.name);
    item.flag("ok", check.problem.empty());
    if (!check.problem.empty()) item.text("detail", check.problem);
  }
  list += ']';
  object.number("active", services.engine.health().active);
}

Response readiness(Services& services, const Call& call) {
  QueryReader query(call.request);
  const bool is_verbose = query.flag("verbose");
  if (auto error = query.finish()) return problem(services, call, *error);
  const auto checks = run_checks(services);
  const bool is_ready = std::ranges::none_of(checks, is_fatal);
  Response response{.status = is_ready ? 200 : 503};
  append_readiness(response.body, services, checks, is_ready, is_verbose);
  return response;
}

}  // namespace

void add_operate_routes(Router& router, Services& services) {
  router.add(Verb::get, "/v1/adapters", [&services](Call call) {
    if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
    const auto operations = services.definitions.operations();
    auto response = page_response(call.request, operations ? adapters_view(*operations) : std::string(), {});
    call.respond(std::move(response));
  });
  router.add(Verb::get, "/v1/nodes", [&services](Call call) {
    answer_blocking(services, std::move(call), [&services](const Call& c) {
      if (auto error = QueryReader(c.request).finish()) return problem(services, c, *error);
      const auto nodes = services.nodes();
      if (!nodes) return problem(services, c, nodes.error());
      return page_response(c.request, nodes_view(*nodes), {});
    });
  });
  router.add(Verb::get, "/metrics", [&services](Call call) {
    answer_blocking(services, std::move(call), [&services](const Call&) {
      return Response{.status = 200, .content_type = std::string(kMetricsType), .body = services.scrape()};
    });
  });
  router.add(Verb::get, "/livez", [](Call call) { call.respond(json_response(200, R"({"status":"alive"})")); });
  router.add(Verb::get, "/readyz", [&services](Call call) {
    answer_blocking(services, std::move(call), [&services](const Call& c) { return readiness(services, c); });
  });
  router.add(Verb::get, "/openapi.json",
             [](Call call) { call.respond(json_response(200, std::string(openapi_document()))); });
  router.add(Verb::get, "/schemas/workflow.json", [](Call call) {
    call.respond({.status = 200,
                  .content_type = std::string(kSchemaType),
                  .headers = {},
                  .body = std::string(workflow_schema())});
  });
}

}  // namespace skald::api
