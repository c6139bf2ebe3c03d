// GET /v1/executions, /v1/executions/{id} and its history.
#include "api/cursor.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "api/views/execution_view.hpp"
#include "engine/saga/outcome.hpp"

namespace skald::api {
namespace {

constexpr std::string_view kExecutionsCursor = "executions";
constexpr std::string_view kHistoryCursor = "history";

Error bad_word(std::string_view name, std::string_view value, std::string_view known) {
  return {.code = "request.invalid",
          .message = "query parameter '" + std::string(name) + "' must be one of " + std::string(known) + " (got '" +
                     std::string(value) + "')",
          .subject = {},
          .remedy = {},
          .detail = {}};
}

Result<ports::ExecutionQuery> read_query(const Request& request) {
  QueryReader reader(request);
  ports::ExecutionQuery query;
  query.namespace_name = reader.text("namespace");
  query.workflow = reader.text("workflow");
  query.version = reader.text("version");
  query.phase = reader.text("phase");
  query.outcome = reader.text("outcome");
  query.status = reader.text("status");
  query.labels = reader.prefixed("label.");
  query.idempotency_key = reader.text("idempotencyKey");
  query.started_after = reader.time("startedAfter");
  query.started_before = reader.time("startedBefore");
  query.replay_of = reader.id("replayOf");
  query.parent = reader.id("parent");
  query.text = reader.text("q");
  query.limit = reader.limit();
  const auto cursor = reader.cursor(kExecutionsCursor);
  if (auto error = reader.finish()) return std::unexpected(std::move(*error));
  if (query.phase && !saga::parse_phase(*query.phase)) {
    return std::unexpected(
        bad_word("phase", *query.phase, "pending, running, waiting, suspended, cancelled, faulted, completed"));
  }
  if (query.outcome && !saga::parse_outcome(*query.outcome)) {
    return std::unexpected(
        bad_word("outcome", *query.outcome, "completed, compensated, cancelled, faulted, terminated"));
  }
  if (cursor) query.before = parse_execution_id(*cursor);
  return query;
}

// One row more than asked for tells whether there is a next page.
Response list_executions(Services& services, const Call& call) {
  auto query = read_query(call.request);
  if (!query) return problem(services, call, query.error());
  const std::size_t limit = query->limit++;
  auto found = services.index.search(*query);
  if (!found) return problem(services, call, found.error());
  std::string next;
  if (found->size() > limit) {
    found->resize(limit);
    next = make_cursor(kExecutionsCursor, to_string(found->back().id));
  }
  std::string items;
  for (const auto& execution : *found) {
    if (!items.empty()) items += ',';
    append_execution_item(items, execution);
  }
  return page_response(call.request, std::move(items), next);
}

Response history(Services& services, const Call& call) {
  const auto id = path_id(call);
  if (!id) return problem(services, call, id.error());
  QueryReader reader(call.request);
  const auto limit = reader.limit();
  auto after = reader.number("after");
  const auto cursor = reader.cursor(kHistoryCursor);
  if (auto error = reader.finish()) return problem(services, call, *error);
  if (cursor) after = std::stoull("0" + *cursor);
  auto rows = services.history.read_history(*id, after.value_or(0), limit + 1);
  if (!rows) return problem(services, call, rows.error());
  if (rows->empty()) {
    if (auto known = services.history.read_execution(*id); !known) return problem(services, call, known.error());
  }
  std::string next;
  if (rows->size() > limit) {
    rows->resize(limit);
    next = make_cursor(kHistoryCursor, std::to_string(rows->back().position));
  }
  std::string items;
  for (const auto& row : *rows) {
    if (!items.empty()) items += ',';
    append_history_item(items, row);
  }
  return page_response(call.request, std::move(items), next);
}

void show(Services& services, Call call) {
  const auto id = path_id(call);
  if (!id) return call.respond(problem(services, call, id.error()));
  if (auto error = QueryReader(call.request).finish()) return call.respond(problem(services, call, *error));
  services.engine.view(*id, [&services, call = std::move(call)](Result<runtime::Snapshot> state) mutable {
    call.respond(state ? json_response(200, execution_view(**state)) : problem(services, call, state.error()));
  });
}

}  // namespace

void add_execution_routes(Router& router, Services& services) {
  router.add(Verb::get, "/v1/executions", [&services](Call call) {
    answer_blocking(services, std::move(call), [&services](const Call& c) { return list_executions(services, c); });
  });
  router.add(Verb::get, "/v1/executions/{id}", [&services](Call call) { show(services, std::move(call)); });
  router.add(Verb::get, "/v1/executions/{id}/history", [&services](Call call) {
    answer_blocking(services, std::move(call), [&services](const Call& c) { return history(services, c); });
  });
}

}  // namespace skald::api
