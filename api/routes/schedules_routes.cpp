// GET /v1/schedules: which workflows start by themselves, and when.
#include <algorithm>
#include <utility>

#include "api/cursor.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "engine/base/json_object.hpp"

namespace skald::api {
namespace {

constexpr std::string_view kSchedulesCursor = "schedules";

// `row`: null where the node that it belongs to has not taken note of the schedule yet.
void append_schedule(std::string& out, const definition::Definition& definition, const ports::StoredSchedule* row) {
  static const ports::StoredSchedule kNone;
  const auto& stored = row ? *row : kNone;
  JsonObject object(out);
  object.text("namespace", definition.namespace_name);
  object.text("name", definition.name);
  object.text("version", definition.version);
  object.text("schedule", definition.schedule->rule);
  object.text_or_null("timeZone", definition.schedule->time_zone);
  object.time("next", stored.next_at.value_or(Timestamp{}));
  object.time("last", stored.last_at.value_or(Timestamp{}));
  object.text_or_null("lastExecution", stored.last_execution ? to_string(*stored.last_execution) : std::string());
  object.text_or_null("lastError", stored.error);
}

// As definitions are ordered; a cursor has the two with a slash between, which stands in neither.
std::pair<std::string, std::string> key_of(const definition::DefinitionPtr& definition) {
  return {definition->namespace_name, definition->name};
}

std::pair<std::string, std::string> key_of_cursor(const std::string& text) {
  const auto slash = text.find('/');
  return {text.substr(0, slash), slash == std::string::npos ? "" : text.substr(slash + 1)};
}

Response list_schedules(Services& services, const Call& call) {
  QueryReader query(call.request);
  const auto limit = query.limit();
  const auto cursor = query.cursor(kSchedulesCursor);
  if (auto error = query.finish()) return problem(services, call, *error);
  const auto rows = services.schedules.list_schedules(ports::ShardSet().set());
  if (!rows) return problem(services, call, rows.error());
  const auto all = services.definitions.scheduled();
  // The one it names may have no schedule any more.
  auto from = cursor ? std::ranges::upper_bound(*all, key_of_cursor(*cursor), {}, key_of) : all->begin();
  std::string items;
  std::string next;
  for (std::size_t count = 0; from != all->end(); ++from, ++count) {
    if (count == limit) {
      const auto& last = **(from - 1);
      next = make_cursor(kSchedulesCursor, last.namespace_name + "/" + last.name);
      break;
    }
    const auto& definition = **from;
    const ports::WorkflowName workflow{.namespace_name = definition.namespace_name, .name = definition.name};
    const auto row = std::ranges::find(*rows, workflow, &ports::StoredSchedule::workflow);
    if (!items.empty()) items += ',';
    append_schedule(items, definition, row == rows->end() ? nullptr : &*row);
  }
  return page_response(call.request, std::move(items), next);
}

}  // namespace

void add_schedule_routes(Router& router, Services& services) {
  router.add(Verb::get, "/v1/schedules", [&services](Call call) {
    answer_blocking(services, std::move(call), [&services](const Call& c) { return list_schedules(services, c); });
  });
}

}  // namespace skald::api
