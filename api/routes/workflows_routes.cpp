// Registering and reading workflow definitions. Loading one compiles it, so that is done off the loops.
#include <algorithm>

#include "api/cursor.hpp"
#include "api/http/target.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "api/views/workflow_view.hpp"
#include "engine/base/json_object.hpp"

namespace skald::api {
namespace {

using runtime::RegisteredDefinition;
using runtime::RegisterOutcome;
using runtime::Replace;

constexpr std::string_view kWorkflowsCursor = "workflows";
constexpr std::string_view kYaml = "application/yaml";

std::string location_of(const definition::Definition& definition) {
  return "/v1/workflows/" + percent_encode(definition.namespace_name) + "/" + percent_encode(definition.name) +
         "/versions/" + percent_encode(definition.version);
}

std::string key_of(const definition::Definition& definition) {
  return definition.namespace_name + "/" + definition.name + "/" + definition.version;
}

Response invalid(const Services& services, const Call& call, const RegisterOutcome& outcome) {
  const auto errors =
      std::ranges::count(outcome.diagnostics, definition::Severity::kError, &definition::Diagnostic::severity);
  const Error error{.code = "definition.invalid",
                    .message = errors == 1 ? "the definition has an error"
                                           : "the definition has " + std::to_string(errors) + " errors",
                    .subject = {},
                    .remedy = "mend what `errors` lists; `skald validate FILE` shows the same without a server",
                    .detail = {}};
  return services.problems.answer_with(error, call.request.path(),
                                       ",\"errors\":" + diagnostics_json(outcome.diagnostics));
}

Response conflict(const Services& services, const Call& call, const RegisterOutcome& outcome) {
  const auto& current = *outcome.registered;
  std::string extra = ",\"current\":";
  append_workflow_item(extra, current);
  const Error error{
      .code = "definition.conflict",
      .message = "the version is registered with other content",
      .subject = key_of(*current.definition),
      .remedy = "give the definition a new document.version, or replace what stands there: ?replace=true, --replace",
      .detail = {}};
  return services.problems.answer_with(error, call.request.path(), extra);
}

Response checked(const RegisterOutcome& outcome) {
  std::string body;
  {
    JsonObject object(body);
    object.flag("valid", true);
    object.raw("warnings", diagnostics_json(outcome.diagnostics));
  }
  return json_response(200, std::move(body));
}

Response add(Services& services, const Call& call) {
  QueryReader query(call.request);
  const bool is_dry_run = query.flag("dryRun");
  const bool replace = query.flag("replace");
  if (auto error = query.finish()) return problem(services, call, *error);
  if (auto actor = read_actor(call.request); !actor) return problem(services, call, actor.error());
  if (is_dry_run) {
    const auto outcome = services.definitions.check(call.request.body, false);
    if (!outcome) return problem(services, call, outcome.error());
    if (outcome->kind == RegisterOutcome::Kind::kInvalid) return invalid(services, call, *outcome);
    const bool is_conflict = outcome->kind == RegisterOutcome::Kind::kConflict && !replace;
    return is_conflict ? conflict(services, call, *outcome) : checked(*outcome);
  }
  const auto outcome =
      services.definitions.add(call.request.body, "api", replace ? Replace::kYes : Replace::kNo, false);
  if (!outcome) return problem(services, call, outcome.error());
  if (outcome->kind == RegisterOutcome::Kind::kInvalid) return invalid(services, call, *outcome);
  if (outcome->kind == RegisterOutcome::Kind::kConflict) return conflict(services, call, *outcome);
  const bool is_known = outcome->kind == RegisterOutcome::Kind::kUnchanged;
  auto response = json_response(is_known ? 200 : 201, workflow_view(*outcome->registered, outcome->diagnostics));
  response.headers.emplace_back("Location", location_of(*outcome->registered->definition));
  return response;
}

Response list_workflows(Services& services, const Call& call) {
  QueryReader query(call.request);
  const auto namespace_name = query.text("namespace");
  const auto limit = query.limit();
  const auto cursor = query.cursor(kWorkflowsCursor);
  if (auto error = query.finish()) return problem(services, call, *error);
  auto all = services.definitions.list();
  auto from = all.begin();
  if (cursor) {
    from = std::ranges::find(all, *cursor, [](const RegisteredDefinition& r) { return key_of(*r.definition); });
    if (from != all.end()) ++from;
  }
  std::string items;
  std::string next;
  std::size_t count = 0;
  for (const RegisteredDefinition* last = nullptr; from != all.end(); ++from) {
    if (namespace_name && from->definition->namespace_name != *namespace_name) continue;
    if (count++ == limit) {
      next = make_cursor(kWorkflowsCursor, key_of(*last->definition));
      break;
    }
    if (!items.empty()) items += ',';
    append_workflow_item(items, *from);
    last = &*from;
  }
  return page_response(call.request, std::move(items), next);
}

Response show_workflow(Services& services, const Call& call) {
  if (auto error = QueryReader(call.request).finish()) return problem(services, call, *error);
  auto latest = services.definitions.find_stored(call.parameters[0], call.parameters[1], std::nullopt);
  if (!latest) return problem(services, call, latest.error());
  std::string body;
  {
    JsonObject object(body);
    object.text("namespace", latest->definition->namespace_name);
    object.text("name", latest->definition->name);
    object.text("latest", latest->definition->version);
    std::string& versions = object.key("versions") += '[';
    for (const auto& registered : services.definitions.list()) {
      const auto& definition = *registered.definition;
      if (definition.namespace_name != latest->definition->namespace_name) continue;
      if (definition.name != latest->definition->name) continue;
      if (versions.back() != '[') versions += ',';
      append_workflow_item(versions, registered);
    }
    versions += ']';
  }
  return json_response(200, std::move(body));
}

Response show_version(Services& services, const Call& call) {
  if (auto error = QueryReader(call.request).finish()) return problem(services, call, *error);
  auto found = services.definitions.find_stored(call.parameters[0], call.parameters[1], call.parameters[2]);
  if (!found) return problem(services, call, found.error());
  if (accepts(call.request, kYaml)) {
    return {.status = 200,
            .content_type = std::string(kYaml),
            .headers = {{"Vary", "Accept"}},
            .body = found->definition->source};
  }
  auto response = json_response(200, workflow_view(*found, {}));
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

}  // namespace

void add_workflow_routes(Router& router, Services& services) {
  router.add(Verb::post, "/v1/workflows", [&services](Call call) {
    answer_blocking(services, std::move(call), [&services](const Call& c) { return add(services, c); });
  });
  const auto reading = [&](std::string pattern, Response (*read)(Services&, const Call&)) {
    router.add(Verb::get, std::move(pattern), [&services, read](Call call) {
      answer_blocking(services, std::move(call), [&services, read](const Call& c) { return read(services, c); });
    });
  };
  reading("/v1/workflows", list_workflows);
  reading("/v1/workflows/{namespace}/{name}", show_workflow);
  reading("/v1/workflows/{namespace}/{name}/versions/{version}", show_version);
}

}  // namespace skald::api
