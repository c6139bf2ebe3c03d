// Takes a map of the document apart key by key, and reports what nobody took.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/load_context.hpp"
#include "engine/definition/suggest.hpp"

namespace skald::definition {

class MapReader {
 public:
  // Reports a node that is not a map, and then has no keys.
  MapReader(LoadContext& context, const Node& node, MapKind kind = MapKind::kOther);

  const Node& node() const { return node_; }

  // The value; null where the key is absent. Marks the key as known.
  const Node* take(std::string_view key);

  // As take(), and reports its absence.
  const Node* require(std::string_view key);

  // A key of the specification that will not be run ("not-supported"). True where the key is there.
  bool refuse_for_good(std::string_view key, std::string_view reason);

  // Reports the keys that were never asked for. Call once, last.
  void finish();

 private:
  std::size_t index_of(std::string_view key) const;  // keys.size() where absent

  LoadContext& context_;
  const Node& node_;
  MapKind kind_;
  std::vector<std::string> known_;
};

}  // namespace skald::definition
