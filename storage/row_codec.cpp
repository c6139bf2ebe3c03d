#include "storage/row_codec.hpp"

#include <nlohmann/json.hpp>

#include "engine/base/json.hpp"

namespace skald::storage {

std::string texts_to_json(const std::map<std::string, std::string>& texts) {
  if (texts.empty()) return "{}";
  return dump_json(Json(texts));
}

std::map<std::string, std::string> texts_from_json(const std::string& text) {
  std::map<std::string, std::string> texts;
  if (text == "{}") return texts;
  const auto value = parse_json(text);
  if (!value || !value->is_object()) throw CorruptRow("labels or documents are not a JSON object");
  for (const auto& [key, item] : value->items()) {
    if (!item.is_string()) throw CorruptRow("a label or a document is not a string");
    texts[key] = item.get<std::string>();
  }
  return texts;
}

ExecutionId id_from_text(const std::string& text) {
  const auto id = parse_execution_id(text);
  if (!id) throw CorruptRow("the id of an execution is not a UUID");
  return *id;
}

std::string sql_list_of(const ports::ShardSet& shards) {
  std::string list;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    if (shards[i]) list += (list.empty() ? "" : ", ") + std::to_string(i);
  }
  return list.empty() ? "NULL" : list;
}

std::string sql_list_of(const std::vector<ExecutionId>& ids) {
  std::string list;
  for (const auto& id : ids) list += (list.empty() ? "'" : ", '") + to_string(id) + "'";
  return list;
}

std::string to_lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return text;
}

}  // namespace skald::storage
