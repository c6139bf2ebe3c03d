#include "engine/definition/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "engine/definition/suggest.hpp"

namespace skald::definition {

std::string to_text(std::string_view file, const Diagnostic& diagnostic) {
  return fmt::format("{}:{}:{}: {}: {} [{}]", file, diagnostic.mark.line, diagnostic.mark.column,
                     diagnostic.severity == Severity::kError ? "error" : "warning", diagnostic.message,
                     diagnostic.rule);
}

void Report::name_step(const Node& body, std::string name) {
  steps_.emplace(&body, std::move(name));
}

std::string Report::prefix_of(const Node& node) const {
  for (const Node* at = &node; at != nullptr; at = at->parent) {
    if (const auto found = steps_.find(at); found != steps_.end()) return fmt::format("step '{}': ", found->second);
  }
  return "";
}

std::string Report::path_of(const Node& node) const {
  if (node.parent == nullptr || steps_.contains(&node)) return "";
  std::string path = path_of(*node.parent);
  if (node.parent->is_sequence()) return path + fmt::format("[{}]", node.index);
  if (!path.empty()) path += '.';
  return path + node.parent->keys[node.index];
}

std::string Report::subject_of(const Node& node) const {
  const std::string path = path_of(node);
  if (!path.empty()) return prefix_of(node) + path + " ";
  if (node.parent == nullptr) return "the document ";
  std::string step = prefix_of(node);
  step.erase(step.size() - 2);  // ": "
  return step + " ";
}

void Report::add(Severity severity, std::string_view rule, const Node& node, Mark mark, std::string message) {
  add({severity, std::string(rule), mark, pointer_of(node), std::move(message)});
}

void Report::add(Diagnostic diagnostic) {
  has_errors_ = has_errors_ || diagnostic.severity == Severity::kError;
  diagnostics_.push_back(std::move(diagnostic));
}

std::string Report::hint(std::string_view word, const std::vector<std::string>& candidates, std::string_view sigil) {
  if (hints_left_ == 0) return "";
  --hints_left_;
  const auto best = nearest(word, candidates);
  return best ? fmt::format("; did you mean '{}{}'?", sigil, *best) : "";
}

void Report::error(std::string_view rule, const Node& node, std::string_view message) {
  add(Severity::kError, rule, node, node.mark, subject_of(node) + std::string(message));
}

void Report::warning(std::string_view rule, const Node& node, std::string_view message) {
  add(Severity::kWarning, rule, node, node.mark, subject_of(node) + std::string(message));
}

void Report::error_at(std::string_view rule, const Node& node, Mark mark, std::string_view message) {
  add(Severity::kError, rule, node, mark, prefix_of(node) + std::string(message));
}

void Report::warning_at(std::string_view rule, const Node& node, Mark mark, std::string_view message) {
  add(Severity::kWarning, rule, node, mark, prefix_of(node) + std::string(message));
}

std::size_t Report::silence(std::string_view rule, std::string_view pointer) {
  const auto is_at_or_below = [&](std::string_view place) {
    return place.starts_with(pointer) && (place.size() == pointer.size() || place[pointer.size()] == '/');
  };
  return std::erase_if(diagnostics_, [&](const Diagnostic& one) {
    return one.severity == Severity::kWarning && one.rule == rule && is_at_or_below(one.pointer);
  });
}

std::vector<Diagnostic> Report::take() {
  std::vector<std::size_t> order(diagnostics_.size());
  std::iota(order.begin(), order.end(), 0);
  const auto key = [](const Diagnostic& d) { return std::tie(d.mark.line, d.mark.column); };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto left = key(diagnostics_[a]), right = key(diagnostics_[b]);
    return left != right ? left < right : a < b;
  });
  std::vector<Diagnostic> sorted;
  for (const std::size_t i : order) sorted.push_back(std::move(diagnostics_[i]));
  const auto same = [&](const Diagnostic& a, const Diagnostic& b) {
    return key(a) == key(b) && a.rule == b.rule && a.message == b.message;
  };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  diagnostics_.clear();
  return sorted;
}

}  // namespace skald::definition
