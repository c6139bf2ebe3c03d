#include "engine/definition/map_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace skald::definition {

MapReader::MapReader(LoadContext& context, const Node& node, MapKind kind)
    : context_(context), node_(node), kind_(kind) {
  if (!node.is_map())
    context.report.error("wrong-type", node, fmt::format("must be a map (got {})", describe(node.kind)));
}

std::size_t MapReader::index_of(std::string_view key) const {
  return static_cast<std::size_t>(std::find(node_.keys.begin(), node_.keys.end(), key) - node_.keys.begin());
}

const Node* MapReader::take(std::string_view key) {
  known_.emplace_back(key);
  return node_.find(key);
}

const Node* MapReader::require(std::string_view key) {
  const Node* value = take(key);
  if (value == nullptr && node_.is_map()) {
    context_.report.error("missing-key", node_, fmt::format("needs the key '{}'", key));
  }
  return value;
}

bool MapReader::refuse_for_good(std::string_view key, std::string_view reason) {
  known_.emplace_back(key);
  const std::size_t index = index_of(key);
  if (index == node_.keys.size()) return false;
  context_.report.error_at(
      "not-supported", node_.items[index], node_.key_marks[index],
      fmt::format("'{}' is not supported: {}", context_.report.path_of(node_.items[index]), reason));
  return true;
}

void MapReader::finish() {
  for (std::size_t i = 0; i < node_.keys.size(); ++i) {
    const std::string& key = node_.keys[i];
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const auto foreign = neighbour_spelling(kind_, key);
    const std::string path = context_.report.path_of(node_);
    context_.report.error_at(
        "unknown-key", node_.items[i], node_.key_marks[i],
        fmt::format("unknown key '{}'{}{}", key, path.empty() ? "" : " in " + path,
                    foreign ? fmt::format("; did you mean '{}'?", *foreign) : context_.report.hint(key, known_)));
  }
}

}  // namespace skald::definition
