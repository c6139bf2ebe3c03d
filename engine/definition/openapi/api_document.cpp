#include "engine/definition/openapi/api_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/definition/openapi/api_parameters.hpp"
#include "engine/definition/openapi/excerpt.hpp"
#include "engine/definition/openapi/server_url.hpp"

namespace skald::definition {
namespace {

constexpr std::size_t kAddressBytesMax = 8 * 1024;
constexpr std::array<std::string_view, 8> kMethods = {"get",     "put",  "post",  "delete",
                                                      "options", "head", "patch", "trace"};

std::string text_of(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return "";
  return it->is_string() ? it->get<std::string>() : it->is_number() ? it->dump() : "";
}

// The names of "/pets/{petId}/photos/{n}"; the error says what is malformed.
std::expected<std::set<std::string>, std::string> places_of(std::string_view path) {
  std::set<std::string> names;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] == '}') return std::unexpected("a '}' without its '{'");
    if (path[at] != '{') continue;
    const std::size_t end = path.find_first_of("{}/", at + 1);
    if (end == std::string_view::npos || path[end] != '}' || end == at + 1) {
      return std::unexpected("a place that is not '{name}'");
    }
    names.emplace(path.substr(at + 1, end - at - 1));
    at = end;
  }
  return names;
}

// Each place of the path has its parameter, and each parameter of the path its place.
std::expected<void, std::string> match_path(const std::string& path, ApiOperation& operation) {
  auto places = places_of(path);
  if (!places) return std::unexpected(fmt::format("its path '{}' has {}", excerpt(path), places.error()));
  auto& parameters = operation.parameters;
  std::erase_if(parameters, [&](const ApiParameter& parameter) {
    return parameter.place.in == CallParameter::In::kPath && !places->contains(parameter.place.name);
  });
  for (const ApiParameter& parameter : parameters) {
    if (parameter.place.in == CallParameter::In::kPath) places->erase(parameter.place.name);
  }
  if (places->empty()) return {};
  return std::unexpected(fmt::format("its path '{}' has the place '{{{}}}', which no parameter of the path is for",
                                     excerpt(path), excerpt(*places->begin())));
}

}  // namespace

std::expected<ApiDocument, std::string> ApiDocument::open(std::shared_ptr<const ExternalDocument> document) {
  ApiDocument api(std::move(document));
  const Json& root = api.document_->content;
  if (!root.is_object()) return std::unexpected("is no OpenAPI document: it is not an object");
  const std::string swagger = text_of(root, "swagger");
  const std::string openapi = text_of(root, "openapi");
  api.is_swagger_ = swagger == "2.0";
  if (!api.is_swagger_ && !openapi.starts_with("3.")) {
    return std::unexpected(fmt::format("is no OpenAPI document of version 3 or 2.0 (openapi: '{}', swagger: '{}')",
                                       excerpt(openapi), excerpt(swagger)));
  }
  api.index();
  return api;
}

void ApiDocument::index() {
  const Json& root = document_->content;
  const auto paths = root.find("paths");
  if (paths == root.end() || !paths->is_object()) return;
  for (const auto& [path, item] : paths->items()) {
    const auto target = follow(root, item);
    if (target && path.starts_with('/') && (*target)->is_object()) index_path(path, **target);
  }
}

void ApiDocument::index_path(const std::string& path, const Json& item) {
  for (const std::string_view method : kMethods) {
    const auto operation = item.find(method);
    if (operation == item.end() || !operation->is_object()) continue;
    const std::string id = text_of(*operation, "operationId");
    if (id.empty()) continue;
    const auto [known, is_first] = operations_.try_emplace(id, Place{path, std::string(method), &item});
    known->second.is_repeated = !is_first;
  }
}

std::vector<std::string> ApiDocument::operation_ids() const {
  std::vector<std::string> ids;
  ids.reserve(operations_.size());
  for (const auto& entry : operations_) ids.push_back(entry.first);
  return ids;
}

const std::expected<ApiOperation, std::string>& ApiDocument::read(const std::string& operation_id) {
  const auto known = read_.find(operation_id);
  if (known != read_.end()) return known->second;
  return read_.emplace(operation_id, read_place(operations_.at(operation_id))).first->second;
}

std::expected<ApiOperation, std::string> ApiDocument::read_place(const Place& place) const {
  const Json& root = document_->content;
  const Json& operation = place.item->at(place.method);
  if (place.is_repeated) return std::unexpected("several operations have this operationId");
  if (place.method == "trace") return std::unexpected("its method is TRACE");
  ApiOperation result;
  std::ranges::transform(place.method, std::back_inserter(result.method),
                         [](unsigned char c) { return std::toupper(c); });
  if (auto done = read_parameters(root, *place.item, operation, is_swagger_, result); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = match_path(place.path, result); !done) return std::unexpected(done.error());
  const auto server = is_swagger_ ? swagger_server_of(document_->uri, root, operation)
                                  : server_of(document_->uri, {&operation, place.item, &root});
  if (!server) return std::unexpected(server.error());
  result.address = *server + place.path;
  if (result.address.size() > kAddressBytesMax) {
    return std::unexpected(
        fmt::format("its address '{}' has more than {} bytes", excerpt(result.address), kAddressBytesMax));
  }
  return result;
}

}  // namespace skald::definition
