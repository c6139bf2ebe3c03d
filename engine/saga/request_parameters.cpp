#include "engine/saga/request_parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/saga/request_text.hpp"

namespace skald::saga {
namespace {

using definition::CallParameter;
using In = CallParameter::In;

constexpr std::string_view kWhere = "with.parameters";

// Null where there is none.
const Json* argument(const Json& arguments, const std::string& name) {
  const auto it = arguments.find(name);
  return it == arguments.end() || it->is_null() ? nullptr : &*it;
}

// The texts of a scalar or of a list of scalars.
Result<std::vector<std::string>> texts_of(const std::string& name, const Json& value) {
  std::vector<std::string> texts;
  const auto take = [&](const Json& item) {
    if (item.is_structured()) return false;
    texts.push_back(scalar_text(item));
    return true;
  };
  if (value.is_array() ? std::ranges::all_of(value, take) : take(value)) return texts;
  return failure("configuration", fmt::format("the parameter '{}' is neither a scalar nor a list of scalars", name),
                 std::string(kWhere));
}

template <class Encode>
std::string joined(const std::vector<std::string>& texts, Encode encode) {
  std::string out;
  for (std::size_t i = 0; i < texts.size(); ++i) out += (i == 0 ? "" : ",") + encode(texts[i]);
  return out;
}

void place(const CallParameter& parameter, const std::vector<std::string>& texts, Request& request,
           std::string& cookie) {
  if (parameter.in == In::kHeader) {
    request.headers.emplace_back(parameter.name, joined(texts, [](const std::string& text) { return text; }));
  } else if (parameter.in == In::kCookie) {
    cookie += (cookie.empty() ? "" : "; ") + percent_encode(parameter.name) + "=" + joined(texts, percent_encode);
  } else if (parameter.explode) {
    for (const auto& text : texts) append_query_field(request.target, parameter.name, percent_encode(text));
  } else {
    append_query_field(request.target, parameter.name, joined(texts, percent_encode));
  }
}

}  // namespace

Result<void> check_arguments(const CallParameterList& declared, const Json& arguments) {
  if (!arguments.is_object()) return failure("expression", "parameters must be an object", std::string(kWhere));
  for (const CallParameter& parameter : declared) {
    if (!parameter.required || argument(arguments, parameter.name) != nullptr) continue;
    return failure("configuration",
                   fmt::format("the parameter '{}' has no value, and the operation requires it", parameter.name),
                   std::string(kWhere));
  }
  for (const auto& item : arguments.items()) {
    if (std::ranges::find(declared, item.key(), &CallParameter::name) != declared.end()) continue;
    return failure("configuration", fmt::format("the operation takes no parameter '{}'", item.key()),
                   std::string(kWhere));
  }
  return {};
}

Result<std::string> list_segment(const Json& arguments, const std::string& name) {
  const Json* value = argument(arguments, name);
  if (value == nullptr || !value->is_array()) return path_segment(arguments, name, kWhere);
  const auto texts = texts_of(name, *value);
  if (!texts) return std::unexpected(texts.error());
  if (texts->size() > 1) return joined(*texts, percent_encode);
  return path_segment(Json{{name, texts->empty() ? "" : texts->front()}}, name, kWhere);
}

Result<void> place_arguments(const CallParameterList& declared, const Json& arguments, Request& request) {
  std::string cookie;
  for (const CallParameter& parameter : declared) {
    const Json* value = argument(arguments, parameter.name);
    if (value == nullptr || parameter.in == In::kPath) continue;
    if (parameter.in == In::kBody) {
      request.body = dump_json(*value);
      continue;
    }
    const auto texts = texts_of(parameter.name, *value);
    if (!texts) return std::unexpected(texts.error());
    if (!texts->empty()) place(parameter, *texts, request, cookie);
  }
  if (!cookie.empty()) request.headers.emplace_back("Cookie", std::move(cookie));
  return {};
}

}  // namespace skald::saga
