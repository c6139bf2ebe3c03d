#include "engine/definition/external_document.hpp"

#include <fmt/format.h>

#include "engine/base/limits.hpp"
#include "engine/definition/map_reader.hpp"
#include "engine/definition/read_authentication.hpp"
#include "engine/definition/read_values.hpp"
#include "engine/definition/source_text.hpp"
#include "engine/definition/steps/endpoint.hpp"

namespace skald::definition {
namespace {

Result<Json> parse_yaml(std::string_view text) {
  const YamlTree tree =
      read_yaml(SourceText(text),
                {.bytes = limits::kDocumentBytesMax, .nodes = limits::kDocumentNodesMax, .depth = kJsonDepthMax});
  if (tree.complete && tree.problems.empty()) return to_json(tree.root);
  const YamlProblem& problem = tree.problems.front();
  return failure("yaml", fmt::format("{}:{}: {}", problem.mark.line, problem.mark.column, problem.message));
}

// JSON is tried first where it may be: there is more of it than YAML's budget of nodes lets through.
Result<Json> parse(std::string_view text) {
  if (text.size() > limits::kDocumentBytesMax) {
    return failure("size", fmt::format("it has more than {} KiB", limits::kDocumentBytesMax / 1024));
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool may_be_json = first != std::string_view::npos && text[first] == '{';
  auto json = may_be_json ? parse_json(text) : Result<Json>(Json());
  if (may_be_json && json) return json;
  auto yaml = parse_yaml(text);
  if (!yaml && may_be_json) return json;
  return yaml;
}

struct Wanted {
  const Node* place = nullptr;  // of the URI
  std::string uri;
  const Node* authentication = nullptr;
};

// Its URI, where it may be read; nullopt after reporting why not.
std::optional<std::string> read_uri(LoadContext& context, const Node& place) {
  auto uri = read_text(context, place);
  if (!uri) return std::nullopt;
  if (uri->empty() || uri->find_first_of("{}") != std::string::npos) {
    context.report.error(
        "bad-endpoint", place,
        fmt::format("must be literal (got {}): the document is read when the definition is loaded", show(place)));
    return std::nullopt;
  }
  if (is_remote_document(*uri)) return check_address(context, place, *uri) ? uri : std::nullopt;
  if (context.options.trusted) return uri;
  context.report.error(
      "bad-endpoint", place,
      fmt::format("is the file '{}': a definition that was uploaded has no folder, and names documents "
                  "by https:// on hosts of http.allowedHosts",
                  *uri));
  return std::nullopt;
}

std::optional<Wanted> read_wanted(LoadContext& context, const Node& node) {
  Wanted wanted;
  MapReader map(context, node);
  if (const Node* name = map.take("name")) read_text(context, *name);
  wanted.place = map.require("endpoint");
  map.finish();
  if (wanted.place != nullptr && wanted.place->is_map()) {
    MapReader endpoint(context, *wanted.place);
    wanted.place = endpoint.require("uri");
    wanted.authentication = endpoint.take("authentication");
    endpoint.finish();
  }
  auto uri = wanted.place == nullptr ? std::nullopt : read_uri(context, *wanted.place);
  if (!uri) return std::nullopt;
  wanted.uri = std::move(*uri);
  return wanted;
}

bool is_constant(Authentication authentication) {
  bool constant = true;
  const auto look = [&](std::string_view, const CredentialText& text) {
    constant = constant && !std::holds_alternative<expression::Expression>(text);
  };
  std::visit([&](auto& scheme) { for_each_text(scheme, look); }, authentication);
  return constant;
}

// Who asks for it, null where nobody in particular does; nullopt after reporting what is wrong.
std::optional<AuthenticationPtr> read_asker(LoadContext& context, const Wanted& wanted) {
  const Node* node = wanted.authentication;
  if (node != nullptr && !is_remote_document(wanted.uri)) {
    context.report.error("misplaced-key", *node, "has no meaning for a file; it stands beside https://");
    return std::nullopt;
  }
  const auto [known, is_new] = context.document_authentications.emplace(wanted.uri, node);
  const auto as_json = [](const Node* n) { return n == nullptr ? Json() : to_json(*n); };
  if (!is_new && as_json(known->second) != as_json(node)) {
    context.report.error(
        "bad-authentication", *wanted.place,
        fmt::format("names '{}' with another authentication than the first time; it is read once", wanted.uri));
    return std::nullopt;
  }
  if (node == nullptr) return AuthenticationPtr();
  auto asker = read_authentication(context, *node, {});
  if (!asker) return std::nullopt;
  if (is_constant(*asker)) return asker;
  context.report.error("bad-authentication", *node,
                       "must hold text and secrets alone: the document is read when the definition is loaded");
  return std::nullopt;
}

// False, after reporting it, for one more than a definition may name.
bool has_room(LoadContext& context, const Node& place, const std::string& uri) {
  if (context.documents.contains(uri) || context.documents.size() < limits::kDocumentsMax) return true;
  context.report.error("too-large", place,
                       fmt::format("names '{}': a definition may name {} documents", uri, limits::kDocumentsMax));
  return false;
}

std::shared_ptr<const ExternalDocument> open(LoadContext& context, const Wanted& wanted, AuthenticationPtr asker) {
  const std::string& uri = wanted.uri;
  const auto given = context.options.documents.find(uri);
  if (given == context.options.documents.end()) {
    context.report.error("unreadable-document", *wanted.place, fmt::format("names '{}', which has not been read", uri));
    context.missing_documents.emplace(uri, std::move(asker));
    return nullptr;
  }
  const Result<std::string>& bytes = given->second;
  auto content = bytes ? parse(*bytes) : Result<Json>(std::unexpected(bytes.error()));
  if (!content) {
    const Error& error = content.error();
    context.report.error(
        "unreadable-document", *wanted.place,
        fmt::format("names '{}', which {}: {}{}", uri, bytes ? "is no JSON or YAML that can be read" : "cannot be read",
                    error.message, error.detail.empty() ? "" : " (" + error.detail + ")"));
    return nullptr;
  }
  return std::make_shared<const ExternalDocument>(uri, std::move(*content));
}

}  // namespace

std::shared_ptr<const ExternalDocument> read_external_document(LoadContext& context, const Node& node) {
  const auto wanted = read_wanted(context, node);
  if (!wanted || !has_room(context, *wanted->place, wanted->uri)) return nullptr;
  auto asker = read_asker(context, *wanted);
  if (!asker) return nullptr;
  const auto known = context.documents.find(wanted->uri);
  if (known != context.documents.end()) return known->second;
  return context.documents.emplace(wanted->uri, open(context, *wanted, std::move(*asker))).first->second;
}

}  // namespace skald::definition
