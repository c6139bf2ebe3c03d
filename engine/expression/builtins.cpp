#include "engine/expression/builtins.hpp"

#include <fmt/format.h>

#include <array>
#include <unordered_map>

#include "engine/expression/text.hpp"

namespace skald::expression {

std::span<const std::span<const Builtin>> all_builtins() {
  static const std::array families = {array_builtins(),    generator_builtins(), math_builtins(),
                                      object_builtins(),   path_builtins(),      regex_builtins(),
                                      selector_builtins(), string_builtins(),    time_builtins()};
  return families;
}

const Builtin* find_builtin(std::string_view name, std::size_t arity) {
  static const auto table = [] {
    std::unordered_map<std::string, const Builtin*> index;
    for (const auto family : all_builtins()) {
      for (const auto& builtin : family) {
        index.emplace(std::string(builtin.name) + '/' + std::to_string(builtin.arity), &builtin);
      }
    }
    return index;
  }();
  const auto found = table.find(std::string(name) + '/' + std::to_string(arity));
  return found == table.end() ? nullptr : found->second;
}

const Format* find_format(std::string_view name) {
  for (const auto& format : all_formats()) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

bool cannot_iterate(Evaluator& evaluator, const Json& value) {
  return evaluator.fail(fmt::format("Cannot iterate over {} ({})", kind_name(value), brief(value)));
}

}  // namespace skald::expression
