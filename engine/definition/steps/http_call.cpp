#include "engine/definition/steps/http_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/definition/engine_headers.hpp"
#include "engine/definition/read_credential.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/secret_reference.hpp"
#include "engine/definition/steps/endpoint.hpp"

namespace skald::definition {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

void check_header(LoadContext& context, const Node& headers, std::size_t index) {
  const std::string& name = headers.keys[index];
  const Node& value = headers.items[index];
  if (!is_token(name)) {
    context.report.error_at("bad-header", value, headers.key_marks[index],
                            fmt::format("'{}' is not a header name (RFC 9110)", name));
  } else if (is_engine_header(name)) {
    context.report.error_at("bad-header", value, headers.key_marks[index],
                            fmt::format("the header '{}' is written by the engine", name));
  }
  if (!read_text(context, value)) return;
  if (value.text.find_first_of("\r\n") != std::string::npos && !expression::is_wrapped_expression(value.text)) {
    context.report.error("bad-header", value, "must not contain line breaks");
  }
}

// A step says once who it is.
void check_authorization(LoadContext& context, const Node& headers) {
  for (std::size_t i = 0; i < headers.keys.size(); ++i) {
    if (lower(headers.keys[i]) != "authorization") continue;
    context.report.error_at(
        "bad-header", headers.items[i], headers.key_marks[i],
        fmt::format("the header '{}' is written by the engine: the endpoint has an authentication", headers.keys[i]));
  }
}

bool reads_secrets(const Node& value) {
  return expression::is_wrapped_expression(value.text) && value.text.find("$secrets") != std::string::npos;
}

std::optional<SecretHeader> read_secret_header(LoadContext& context, const Node& value, const std::string& name) {
  std::string_view source;
  expression::is_wrapped_expression(value.text, &source);
  auto parts = parse_secret_text(source);
  if (!parts) {
    context.report.error(
        "bad-secret", value,
        "must be a secret, ${ $secrets.name }, or one text with secrets in it, "
        "${ \"Key \\($secrets.name)\" }: what is made of a secret in another way cannot be kept secret");
    return std::nullopt;
  }
  for (const auto& part : *parts) {
    const auto* reference = std::get_if<SecretReference>(&part);
    if (reference != nullptr && !is_declared_secret(context, value, reference->name)) return std::nullopt;
  }
  return SecretHeader{name, std::move(*parts)};
}

// A map of texts, or one expression. Those with secrets are kept apart: what is in the others is stored.
void read_headers(LoadContext& context, const Node& node, const Scope& scope, HttpCall& call) {
  if (!check_map_or_expression(context, node)) return;
  std::vector<SecretHeader> secret;
  std::vector<std::string> apart;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    check_header(context, node, i);
    if (!reads_secrets(node.items[i])) continue;
    apart.push_back(node.keys[i]);
    check_receiver(context, node.items[i], call);
    if (auto header = read_secret_header(context, node.items[i], node.keys[i])) secret.push_back(std::move(*header));
  }
  if (!secret.empty()) call.secret_headers = std::make_shared<const std::vector<SecretHeader>>(std::move(secret));
  call.headers = read_template(context, node, scope, Slot::kArguments, apart);
}

// A map of scalars, or one expression.
std::optional<expression::ValueTemplate> read_query(LoadContext& context, const Node& node, const Scope& scope) {
  if (!check_map_or_expression(context, node)) return std::nullopt;
  for (const Node& item : node.items) {
    if (!item.is_map() && !item.is_sequence()) continue;
    context.report.error("wrong-type", item, fmt::format("must be a scalar (got {})", show(item)));
  }
  return read_template(context, node, scope, Slot::kArguments);
}

std::string read_method(LoadContext& context, const Node& node) {
  const auto text = read_text(context, node);
  if (!text) return "";
  std::string method = *text;
  std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::toupper(c); });
  const std::vector<std::string> known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  if (std::find(known.begin(), known.end(), method) == known.end()) {
    context.report.error("unknown-value", node,
                         fmt::format("must be one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS (got {}){}",
                                     show(node), context.report.hint(method, known)));
  }
  return method;
}

}  // namespace

void read_answer_keys(LoadContext& context, MapReader& map, HttpCall& call) {
  if (const Node* node = map.take("output")) {
    const auto choice = read_choice(context, *node, {kAnswerForms[0], kAnswerForms[1], kAnswerForms[2]});
    if (choice) call.output = static_cast<AnswerForm>(*choice);
  }
  if (const Node* node = map.take("redirect")) call.redirect = read_flag(context, *node).value_or(false);
}

std::optional<HttpCall> read_http_call(LoadContext& context, const Node& call, const Node* with, const Scope& scope) {
  if (with == nullptr) {
    context.report.error("missing-key", call, "'http' needs the key 'with' beside it: {method, endpoint}");
    return std::nullopt;
  }
  HttpCall result;
  MapReader map(context, *with, MapKind::kHttp);
  const Node* method = map.require("method");
  const Node* endpoint = map.require("endpoint");
  if (method != nullptr) result.method = read_method(context, *method);
  if (endpoint != nullptr) read_endpoint(context, *endpoint, scope, result);
  if (const Node* node = map.take("headers")) {
    read_headers(context, *node, scope, result);
    if (result.authentication) check_authorization(context, *node);
  }
  if (const Node* node = map.take("query")) result.query = read_query(context, *node, scope);
  if (const Node* node = map.take("body")) {
    result.body = read_template(context, *node, scope, Slot::kArguments);
    if (result.method == "GET" || result.method == "HEAD") {
      context.report.warning(
          "body-of-get", *node,
          fmt::format(
              "is sent with a {}, where a body has no meaning (RFC 9110, 9.3) and may be refused or left out on "
              "the way; put it in 'query', or use POST",
              result.method));
    }
  }
  read_answer_keys(context, map, result);
  map.finish();
  return result;
}

}  // namespace skald::definition
