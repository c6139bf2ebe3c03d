#include "engine/definition/openapi/server_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/definition/documents.hpp"
#include "engine/definition/openapi/excerpt.hpp"
#include "engine/definition/openapi/member.hpp"

namespace skald::definition {
namespace {

using Text = std::expected<std::string, std::string>;

// "https://api.example.com/v1/" -> 23; the end where no path follows.
std::size_t path_start(std::string_view uri) {
  return std::min(uri.find('/', uri.find("://") + 3), uri.size());
}

// RFC 3986, section 5.2.4, of a path that begins with '/'.
std::string remove_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at, end - at);
    if (segment == "/..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != "/.") {
      kept.push_back(segment);
    }
    if (end == path.size() && (segment == "/.." || segment == "/.")) kept.emplace_back("/");
    at = end;
  }
  std::string joined;
  for (const std::string_view segment : kept) joined += segment;
  return joined;
}

Text resolve(std::string_view base, std::string_view reference) {
  if (is_remote_document(reference)) return std::string(reference);
  if (reference.find("://") != std::string_view::npos) {
    return std::unexpected(fmt::format("its server '{}' is no http:// or https:// address", excerpt(reference)));
  }
  if (!is_remote_document(base)) {
    return std::unexpected(fmt::format(
        "its server '{}' is relative to where the document comes from, which is a file; give the document a "
        "server with an absolute address",
        excerpt(reference)));
  }
  base = base.substr(0, base.find_first_of("?#"));
  if (reference.starts_with("//")) return fmt::format("{}:{}", base.substr(0, base.find(':')), reference);
  const std::string_view origin = base.substr(0, path_start(base));
  const std::string_view path = base.substr(origin.size());
  const std::string_view folder = path.substr(0, path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  const std::string whole = reference.starts_with('/') ? std::string(reference)
                                                       : fmt::format("{}{}", folder.empty() ? "/" : folder, reference);
  return std::string(origin) + remove_dots(whole);
}

Text without_end(Text uri) {
  while (uri && uri->ends_with('/')) uri->pop_back();
  if (uri && uri->find_first_of("?#") != std::string::npos) {
    return std::unexpected(fmt::format("its server '{}' has a query or a fragment", excerpt(*uri)));
  }
  if (uri && uri->find_first_of("{}") != std::string::npos) {
    return std::unexpected(fmt::format("its server '{}' has a '{{' or '}}'", excerpt(*uri)));
  }
  return uri;
}

// Every `{name}` replaced by the default of the server's variable.
Text fill_variables(std::string_view url, const Json* variables) {
  std::string filled;
  for (std::size_t at = 0; at < url.size(); ++at) {
    if (url[at] != '{') {
      filled += url[at];
      continue;
    }
    const std::size_t end = url.find('}', at);
    const std::string_view name = url.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
    const Json* variable = variables != nullptr ? find_member(*variables, name) : nullptr;
    const Json* value = variable != nullptr ? find_member(*variable, "default") : nullptr;
    if (end == std::string_view::npos || value == nullptr || !value->is_string()) {
      return std::unexpected(
          fmt::format("its server '{}' has the variable '{}' without a default", excerpt(url), excerpt(name)));
    }
    filled += value->get_ref<const std::string&>();
    at = end;
  }
  return filled;
}

bool has_scheme(const Json* schemes, std::string_view name) {
  return schemes != nullptr && schemes->is_array() &&
         std::find(schemes->begin(), schemes->end(), name) != schemes->end();
}

}  // namespace

Text server_of(std::string_view document_uri, std::initializer_list<const Json*> holders) {
  for (const Json* holder : holders) {
    const Json* servers = find_member(*holder, "servers");
    if (servers == nullptr || !servers->is_array() || servers->empty()) continue;
    const Json* url = find_member(servers->front(), "url");
    if (url == nullptr || !url->is_string()) return std::unexpected("its first server has no url");
    const Text filled = fill_variables(url->get_ref<const std::string&>(), find_member(servers->front(), "variables"));
    return filled ? without_end(resolve(document_uri, *filled)) : filled;
  }
  return without_end(resolve(document_uri, "/"));
}

Text swagger_server_of(std::string_view document_uri, const Json& root, const Json& operation) {
  const bool is_remote = is_remote_document(document_uri);
  const Json* schemes = find_member(operation, "schemes");
  if (schemes == nullptr) schemes = find_member(root, "schemes");
  std::string_view scheme = document_uri.substr(0, document_uri.find(':'));
  if (schemes != nullptr) {
    if (!has_scheme(schemes, "https") && !has_scheme(schemes, "http")) {
      return std::unexpected("its schemes are neither https nor http");
    }
    scheme = has_scheme(schemes, "https") ? "https" : "http";
  }
  const Json* host = find_member(root, "host");
  const bool names_host = host != nullptr && host->is_string();
  if (!is_remote && (!names_host || schemes == nullptr)) {
    return std::unexpected("it has no 'host' or no 'schemes', and comes from a file; give the document both");
  }
  const Json* base = find_member(root, "basePath");
  const std::string path = base != nullptr && base->is_string() ? base->get<std::string>() : "";
  const std::size_t start = is_remote ? document_uri.find("://") + 3 : 0;
  const std::string_view own_host = is_remote ? document_uri.substr(start, path_start(document_uri) - start) : "";
  const std::string authority = names_host ? host->get<std::string>() : std::string(own_host);
  return without_end(
      fmt::format("{}://{}{}{}", scheme, authority, path.starts_with('/') || path.empty() ? "" : "/", path));
}

}  // namespace skald::definition
