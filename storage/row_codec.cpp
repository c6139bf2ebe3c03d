#include "storage/row_codec.hpp"

#include <nlohmann/json.hpp>

#include "engine/base/json.hpp"

namespace skald::storage {

std::string labels_to_json(const std::map<std::string, std::string>& labels) {
  if (labels.empty()) return "{}";
  return dump_json(Json(labels));
}

std::map<std::string, std::string> labels_from_json(const std::string& text) {
  std::map<std::string, std::string> labels;
  const auto value = parse_json(text);
  if (!value || !value->is_object()) return labels;
  for (const auto& [key, item] : value->items()) {
    if (item.is_string()) labels[key] = item.get<std::string>();
  }
  return labels;
}

}  // namespace skald::storage
