// The drawing of a workflow: GET .../graph, as Mermaid, DOT or SVG by `Accept`.
#include <array>

#include "api/http/accept.hpp"
#include "api/request_reader.hpp"
#include "api/services.hpp"
#include "engine/graph/writers.hpp"

namespace skald::api {
namespace {

struct Form {
  std::string_view type;
  std::string (*write)(const graph::Graph& graph);
};

constexpr std::array<Form, 4> kForms = {{
    {"text/vnd.mermaid", graph::to_mermaid},
    {"text/plain", graph::to_mermaid},
    {"text/vnd.graphviz", graph::to_dot},
    {"image/svg+xml", graph::to_svg},
}};

const Form* choose_form(const Request& request) {
  std::array<std::string_view, kForms.size()> types;
  for (std::size_t i = 0; i < kForms.size(); ++i) types[i] = kForms[i].type;
  const auto chosen = choose_media_type(request.header("Accept"), types);
  return chosen ? &kForms[*chosen] : nullptr;
}

Response not_acceptable(const Services& services, const Call& call) {
  std::string types;
  for (const Form& form : kForms) types += (types.empty() ? "" : ", ") + std::string(form.type);
  return problem(services, call,
                 {.code = "http.not_acceptable",
                  .message = "the drawing cannot be given in a form that `Accept` names",
                  .subject = {},
                  .remedy = "there are " + types,
                  .detail = {}});
}

// The third parameter, where the pattern has one, is the version.
Response show_graph(Services& services, const Call& call) {
  if (auto error = QueryReader(call.request).finish()) return problem(services, call, *error);
  const auto version = call.parameters.size() > 2 ? std::optional(call.parameters[2]) : std::nullopt;
  const auto found = services.definitions.find_stored(call.parameters[0], call.parameters[1], version);
  if (!found) return problem(services, call, found.error());
  const Form* form = choose_form(call.request);
  Response response = form == nullptr
                          ? not_acceptable(services, call)
                          : Response{.status = 200,
                                     .content_type = std::string(form->type) +
                                                     (form->type.starts_with("text/") ? "; charset=utf-8" : ""),
                                     .headers = {},
                                     .body = form->write(graph::make_graph(*found->definition))};
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

}  // namespace

void add_graph_routes(Router& router, Services& services) {
  for (const char* pattern :
       {"/v1/workflows/{namespace}/{name}/graph", "/v1/workflows/{namespace}/{name}/versions/{version}/graph"}) {
    router.add(Verb::get, pattern, [&services](Call call) {
      answer_blocking(services, std::move(call), [&services](const Call& c) { return show_graph(services, c); });
    });
  }
}

}  // namespace skald::api
