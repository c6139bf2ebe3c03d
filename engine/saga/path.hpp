// Paths of step instances: names from the root joined by '.', an undo marked by "/compensate".
//
//   order.charge                     a step inside a `do`
//   order.charge#2                   the same, entered a second time
//   order.charge/compensate          its undo
//   order.charge/compensate.notify   a step of an undo that is a list
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skald::saga {

inline constexpr std::string_view kUndoSuffix = "/compensate";

// The path of a child; the root's path is empty.
inline std::string child_path(std::string_view parent, std::string_view name) {
  if (parent.empty()) return std::string(name);
  std::string path;
  path.reserve(parent.size() + 1 + name.size());
  path.append(parent).append(1, '.').append(name);
  return path;
}

inline std::string undo_path(std::string_view step) {
  return std::string(step).append(kUndoSuffix);
}

inline bool is_in_undo(std::string_view path) {
  return path.find('/') != std::string_view::npos;
}

// "order.charge" for itself, its undo and every step of its undo.
inline std::string_view step_of(std::string_view path) {
  return path.substr(0, path.find('/'));
}

// The path of what contains it: a `do`, or the step that an undo belongs to. Empty: the root.
inline std::string_view parent_of(std::string_view path) {
  const auto cut = path.find_last_of("./");
  return cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
}

// A step's own name, without the `#n` of a repeated entry.
inline std::string_view base_name(std::string_view name) {
  return name.substr(0, name.find('#'));
}

// Which entry of its step a name is: 1 for "charge", 2 for "charge#2".
inline std::uint32_t entry_number(std::string_view name) {
  const auto mark = name.find('#');
  if (mark == std::string_view::npos) return 1;
  std::uint32_t number = 0;
  for (const char digit : name.substr(mark + 1)) number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  return number;
}

// The definition's path of an instance: without the `#n` of repeated entries.
inline std::string static_path(std::string_view path) {
  if (path.find('#') == std::string_view::npos) return std::string(path);
  std::string result;
  bool in_number = false;
  for (const char c : path) {
    if (c == '#') in_number = true;
    if (c == '.' || c == '/') in_number = false;
    if (!in_number) result += c;
  }
  return result;
}

}  // namespace skald::saga
