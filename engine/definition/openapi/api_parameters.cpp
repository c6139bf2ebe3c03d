#include "engine/definition/openapi/api_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/definition/engine_headers.hpp"
#include "engine/definition/openapi/excerpt.hpp"
#include "engine/definition/openapi/member.hpp"

namespace skald::definition {
namespace {

using In = CallParameter::In;
using Done = std::expected<void, std::string>;

constexpr std::size_t kReferencesMax = 16;
constexpr std::size_t kReferenceBytesMax = 1024;
constexpr std::size_t kParametersMax = 256;
constexpr std::size_t kParameterNameBytesMax = 256;
constexpr std::string_view kJson = "application/json";

std::string text_of(const Json& object, std::string_view key, std::string_view fallback = "") {
  const Json* value = find_member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(fallback);
}

bool flag_of(const Json& object, std::string_view key, bool fallback) {
  const Json* value = find_member(object, key);
  return value != nullptr && value->is_boolean() ? value->get<bool>() : fallback;
}

bool is_json_type(std::string_view type) {
  if (type.size() > kParameterNameBytesMax) return false;
  const std::string_view name = type.substr(0, type.find_first_of("; "));
  return name == kJson || name == "*/*" || name == "application/*" ||
         (name.starts_with("application/") && name.ends_with("+json"));
}

// The one that a body is written in; empty where JSON is not among them.
std::string choose_type(const std::vector<std::string>& types) {
  if (std::ranges::find(types, kJson) != types.end()) return std::string(kJson);
  const auto found = std::ranges::find_if(types, is_json_type);
  if (found == types.end()) return "";
  return found->find('*') == std::string::npos ? *found : std::string(kJson);
}

std::string refuse_types(const std::vector<std::string>& types) {
  return fmt::format("is sent as {}: a body is sent as JSON", types.empty() ? "nothing" : excerpt(types.front()));
}

// 3.1 may list several.
bool has_type(const Json& root, const Json& holder, std::string_view name) {
  const auto schema = follow(root, holder);
  const Json* type = schema ? find_member(**schema, "type") : nullptr;
  if (type == nullptr) return false;
  return type->is_array() ? std::find(type->begin(), type->end(), name) != type->end() : *type == name;
}

std::string refuse_header(std::string_view name, bool is_swagger) {
  if (is_engine_header(name)) return "is a header that the engine writes";
  const auto is = [&](std::string_view other) {
    return std::ranges::equal(name, other, [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
  };
  if (is_swagger || !(is("accept") || is("content-type") || is("authorization"))) return "";
  return "is a header that OpenAPI 3 does not take as a parameter; who calls is said by 'authentication'";
}

// How a parameter of 3.x is written; the reason where it cannot be.
std::string read_style(const Json& root, const Json& parameter, CallParameter& place) {
  const bool is_form = place.in == In::kQuery || place.in == In::kCookie;
  const std::string_view usual = is_form ? "form" : "simple";
  const std::string style = text_of(parameter, "style", usual);
  if (find_member(parameter, "content") != nullptr)
    return "has a media type of its own; only texts, numbers and lists are written";
  if (style != usual)
    return fmt::format("is written in the style '{}'; only '{}' is known there", excerpt(style), usual);
  place.explode = is_form && flag_of(parameter, "explode", true);
  const Json* schema = find_member(parameter, "schema");
  if (schema == nullptr) return "";
  if (has_type(root, *schema, "object")) return "is an object; only texts, numbers and lists are written";
  const bool is_list = has_type(root, *schema, "array");
  if (is_list && place.in == In::kCookie && place.explode) return "is a list in a cookie, each item on its own";
  return "";
}

std::string read_collection_format(const Json& parameter, CallParameter& place) {
  if (text_of(parameter, "type") != "array") return "";
  const std::string format = text_of(parameter, "collectionFormat", "csv");
  place.explode = format == "multi";
  if (format == "csv" || (format == "multi" && place.in == In::kQuery)) return "";
  return fmt::format("is a list in the format '{}'; only csv, and multi in a query, are known", excerpt(format));
}

class ParameterReader {
 public:
  ParameterReader(const Json& root, const Json& operation, bool is_swagger, ApiOperation& out)
      : root_(root), operation_(operation), is_swagger_(is_swagger), out_(out) {}

  // Later ones replace those of the same name and place.
  Done read_list(const Json& holder) {
    const Json* list = find_member(holder, "parameters");
    if (list == nullptr) return {};
    if (!list->is_array()) return std::unexpected("its 'parameters' are no list");
    if (list->size() > kParametersMax) return too_many();
    for (const Json& item : *list) {
      const auto target = follow(root_, item);
      if (!target) return std::unexpected(fmt::format("a parameter of it {}", target.error()));
      if (auto done = read_one(**target); !done) return done;
    }
    return out_.parameters.size() <= kParametersMax ? Done() : too_many();
  }

  // Of 3.x.
  Done read_body() {
    const Json* body = find_member(operation_, "requestBody");
    if (body == nullptr) return {};
    const auto target = follow(root_, *body);
    if (!target) return std::unexpected(fmt::format("its requestBody {}", target.error()));
    std::vector<std::string> types;
    const Json* content = find_member(**target, "content");
    if (content != nullptr && content->is_object()) {
      for (const auto& item : content->items()) types.push_back(item.key());
    }
    if (std::ranges::any_of(out_.parameters, [](const ApiParameter& p) { return p.place.name == "body"; })) {
      return std::unexpected("it has a parameter 'body' beside its request body, which is called so too");
    }
    add_body("body", flag_of(**target, "required", false), types);
    return {};
  }

 private:
  static Done too_many() { return std::unexpected(fmt::format("it has more than {} parameters", kParametersMax)); }

  Done read_one(const Json& parameter) {
    ApiParameter read;
    CallParameter& place = read.place;
    place.name = text_of(parameter, "name");
    place.required = flag_of(parameter, "required", false);
    const std::string in = text_of(parameter, "in");
    if (place.name.empty()) return std::unexpected("a parameter of it has no name");
    if (place.name.size() > kParameterNameBytesMax) {
      return std::unexpected(fmt::format("the name of its parameter '{}' has more than {} bytes", excerpt(place.name),
                                         kParameterNameBytesMax));
    }
    if (is_swagger_ && in == "body") {
      add_body(place.name, place.required, consumed_types());
      return {};
    }
    if (is_swagger_ && in == "formData") {
      place.in = In::kBody;
      read.refusal = "is a field of a form: a body is sent as JSON";
      return add(std::move(read));
    }
    constexpr std::array<std::string_view, 4> kIn = {"path", "query", "header", "cookie"};
    const auto* const found = std::ranges::find(kIn, in);
    if (found == kIn.end() || (is_swagger_ && in == "cookie")) {
      return std::unexpected(
          fmt::format("its parameter '{}' is in '{}', which is no place for one", excerpt(place.name), excerpt(in)));
    }
    place.in = static_cast<In>(found - kIn.begin());
    read.refusal = is_swagger_ ? read_collection_format(parameter, place) : read_style(root_, parameter, place);
    if (place.in == In::kPath) place.required = true;
    if (place.in == In::kHeader) {
      if (const std::string refusal = refuse_header(place.name, is_swagger_); !refusal.empty()) {
        read.refusal = refusal;
        place.required = false;
      }
    }
    return add(std::move(read));
  }

  Done add(ApiParameter read) {
    const auto same = std::ranges::find_if(out_.parameters, [&](const ApiParameter& other) {
      return other.place.name == read.place.name && other.place.in == read.place.in;
    });
    if (same != out_.parameters.end()) {
      *same = std::move(read);
    } else {
      out_.parameters.push_back(std::move(read));
    }
    return {};
  }

  void add_body(const std::string& name, bool required, const std::vector<std::string>& types) {
    out_.media_type = choose_type(types);
    ApiParameter body{.place = {.name = name, .in = In::kBody, .required = required}, .refusal = ""};
    if (out_.media_type.empty()) body.refusal = refuse_types(types);
    out_.parameters.push_back(std::move(body));
  }

  // JSON where nothing is said.
  std::vector<std::string> consumed_types() const {
    const Json* consumes = find_member(operation_, "consumes");
    if (consumes == nullptr) consumes = find_member(root_, "consumes");
    if (consumes == nullptr || !consumes->is_array()) return {std::string(kJson)};
    std::vector<std::string> types;
    for (const Json& type : *consumes) {
      if (type.is_string()) types.push_back(type.get<std::string>());
    }
    return types;
  }

  const Json& root_;
  const Json& operation_;
  bool is_swagger_;
  ApiOperation& out_;
};

// A pointer in a fragment is percent-encoded (RFC 6901, section 6).
std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                           std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
                           std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0;
    decoded += is_escape ? static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)) : text[i];
    if (is_escape) i += 2;
  }
  return decoded;
}

const Json* at_pointer(const Json& root, std::string_view pointer) {
  const Json* value = &root;
  while (!pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string key;
    for (std::size_t i = 1; i < end; ++i) {
      const bool is_escaped = pointer[i] == '~' && i + 1 < end;
      key += !is_escaped ? pointer[i] : pointer[++i] == '1' ? '/' : '~';
    }
    if (value->is_array()) {
      const bool is_index =
          !key.empty() && key.size() < 7 && std::ranges::all_of(key, [](unsigned char c) { return std::isdigit(c); });
      const std::size_t index = is_index ? std::stoul(key) : value->size();
      value = index < value->size() ? &(*value)[index] : nullptr;
    } else {
      value = find_member(*value, key);
    }
    if (value == nullptr) return nullptr;
    pointer.remove_prefix(end);
  }
  return value;
}

}  // namespace

std::expected<const Json*, std::string> follow(const Json& root, const Json& value) {
  const Json* target = &value;
  for (std::size_t i = 0; i <= kReferencesMax; ++i) {
    const Json* reference = find_member(*target, "$ref");
    if (reference == nullptr || !reference->is_string()) return target;
    const auto& uri = reference->get_ref<const std::string&>();
    if (!uri.starts_with("#/")) {
      return std::unexpected(fmt::format("refers to '{}', which is outside of the document", excerpt(uri)));
    }
    if (uri.size() > kReferenceBytesMax) {
      return std::unexpected(
          fmt::format("refers to '{}', which has more than {} bytes", excerpt(uri), kReferenceBytesMax));
    }
    target = at_pointer(root, percent_decode(std::string_view(uri).substr(1)));
    if (target == nullptr)
      return std::unexpected(fmt::format("refers to '{}', which the document does not have", excerpt(uri)));
  }
  return std::unexpected(fmt::format("refers to another through more than {} references", kReferencesMax));
}

Done read_parameters(const Json& root, const Json& path_item, const Json& operation, bool is_swagger,
                     ApiOperation& out) {
  ParameterReader reader(root, operation, is_swagger, out);
  for (const Json* holder : {&path_item, &operation}) {
    if (auto done = reader.read_list(*holder); !done) return done;
  }
  return is_swagger ? Done() : reader.read_body();
}

}  // namespace skald::definition
