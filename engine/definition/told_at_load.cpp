#include "engine/definition/told_at_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/duration.hpp"
#include "engine/definition/read_values.hpp"

namespace skald::definition {
namespace {

class DocumentAlone final : public expression::Environment {
 public:
  explicit DocumentAlone(const Node& node) {
    const Node* root = &node;
    while (root->parent != nullptr) root = root->parent;
    document_ = to_json(*root);
  }

  std::optional<Found> resolve(std::string_view name, std::span<const std::string> fields) const override {
    if (name != "workflow" || fields.empty() || fields[0] != "definition") return std::nullopt;
    return Found{&document_, 1};
  }

 private:
  Json document_;
};

// What looks at more is reported with the variables of the document.
bool looks_at_document_alone(const expression::Expression& expression) {
  return std::ranges::all_of(expression.variables(), [](const expression::VariableUse& use) {
    return use.name == "workflow" && !use.fields.empty() && use.fields[0] == "definition";
  });
}

std::optional<Json> told(LoadContext& context, const Node& node, const Result<Json>& value) {
  if (value) return *value;
  context.report.error(
      "bad-expression", node,
      fmt::format("cannot be computed, which it is when the document is loaded: {}", value.error().message));
  return std::nullopt;
}

}  // namespace

std::optional<Json> read_value_at_load(LoadContext& context, const Node& node) {
  const auto compiled = read_template(context, node, {}, Slot::kSchedule);
  if (!compiled) return std::nullopt;
  if (compiled->is_constant()) return to_json(node);
  const auto expressions = compiled->expressions();
  if (!std::ranges::all_of(expressions, [](const auto* e) { return looks_at_document_alone(*e); })) return std::nullopt;
  return told(context, node, compiled->render(nullptr, DocumentAlone(node)));
}

std::optional<Millis> read_duration_at_load(LoadContext& context, const Node& node) {
  const auto duration = read_told_duration(context, node, {}, Slot::kSchedule);
  const auto* expression = duration ? std::get_if<expression::Expression>(&*duration) : nullptr;
  if (expression == nullptr) return constant(duration);
  if (!looks_at_document_alone(*expression)) return std::nullopt;
  const auto value = told(context, node, expression->evaluate(nullptr, DocumentAlone(node)));
  if (!value) return std::nullopt;
  const auto length = value->is_string() ? parse_duration(value->get_ref<const std::string&>()) : std::nullopt;
  if (length) return length;
  constexpr std::size_t kShownMax = 100;
  const std::string text = dump_json(*value);
  context.report.error(
      "bad-duration", node,
      fmt::format("must give an ISO 8601 duration such as 'PT5M', without years and months, of 10000 days at most (got "
                  "{})",
                  text.size() <= kShownMax ? text : fmt::format("a value of {} bytes", text.size())));
  return std::nullopt;
}

}  // namespace skald::definition
