#include "engine/definition/body_budget.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/limits.hpp"

namespace skald::definition {
namespace {

constexpr std::size_t kBodiesBytesMax = 4 * limits::kDefinitionBytesMax;

struct Size {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
};

Size size_of(const Node& node) {
  Size size{.bytes = node.text.size()};
  for (const auto& key : node.keys) size.bytes += key.size();
  for (const Node& item : node.items) {
    const Size inner = size_of(item);
    size.nodes += inner.nodes;
    size.bytes += inner.bytes;
  }
  return size;
}

bool is_exceeded(const LoadContext& context) {
  return context.body_nodes > limits::kDefinitionNodesMax || context.body_bytes > kBodiesBytesMax;
}

}  // namespace

bool charge_body(LoadContext& context, const Node& place, const Node& body) {
  if (is_exceeded(context)) return false;
  const Size size = size_of(body);
  context.body_nodes += size.nodes;
  context.body_bytes += size.bytes;
  if (!is_exceeded(context)) return true;
  context.report.error("too-large", place,
                       fmt::format("is too much: functions and the steps of extensions may have {} nodes and {} KiB "
                                   "together, each counted as often as a step uses it; make them smaller, or call an "
                                   "adapter",
                                   limits::kDefinitionNodesMax, kBodiesBytesMax / 1024));
  return false;
}

bool is_too_deep(LoadContext& context, const Node& place, std::string_view path) {
  const auto around = std::ranges::count_if(path, [](char c) { return c == '.' || c == '/'; });
  if (static_cast<std::size_t>(around) < limits::kDefinitionDepthMax) return false;
  context.report.error("too-deep", place,
                       fmt::format("is a step within {0} others, each function and extension counted; at most {0} may "
                                   "stand within each other",
                                   limits::kDefinitionDepthMax));
  return true;
}

}  // namespace skald::definition
