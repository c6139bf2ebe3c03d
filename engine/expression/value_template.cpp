#include "engine/expression/value_template.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/expression/value.hpp"

namespace skald::expression {

// Exactly one of: an expression, a list of elements, a list of members, or a constant.
struct ValueTemplate::Node {
  enum class Kind : std::uint8_t { kConstant, kExpression, kArray, kObject };

  Kind kind = Kind::kConstant;
  Json constant;
  std::optional<Expression> expression;
  std::vector<std::string> keys;  // of the children of an object
  std::vector<Node> children;
};

namespace {

constexpr std::string_view kOpen = "${";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string escape_pointer(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// "Order ${ .id }!" as it has to be written: "${ \"Order \(.id)!\" }".
std::string interpolation_of(std::string_view text) {
  std::string out = "${ \"";
  while (!text.empty()) {
    const auto open = text.find(kOpen);
    const auto close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    std::string_view inner = text.substr(open + 2, close - open - 2);
    while (!inner.empty() && is_blank(inner.front())) inner.remove_prefix(1);
    while (!inner.empty() && is_blank(inner.back())) inner.remove_suffix(1);
    out.append(text.substr(0, open)).append("\\(").append(inner).append(")");
    text.remove_prefix(close + 1);
  }
  return out.append(text).append("\" }");
}

}  // namespace

namespace {

// Where the brace that opens before `text` is closed in it; npos where it is not.
std::size_t find_close(std::string_view text) {
  std::size_t depth = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool is_wrapped_expression(std::string_view text, std::string_view* inner, std::size_t* offset) {
  std::size_t begin = 0;
  std::size_t end = text.size();
  while (begin < end && is_blank(text[begin])) ++begin;
  while (end > begin && is_blank(text[end - 1])) --end;
  const std::string_view trimmed = text.substr(begin, end - begin);
  if (!trimmed.starts_with(kOpen) || !trimmed.ends_with('}')) return false;
  // "${ .a } and ${ .b }" begins and ends like one, but is text.
  const std::string_view between = trimmed.substr(2, trimmed.size() - 3);
  if (find_close(between) != std::string_view::npos) return false;
  if (inner) *inner = between;
  if (offset) *offset = begin + 2;
  return true;
}

std::optional<std::size_t> find_unclosed_expression(std::string_view text) {
  if (is_wrapped_expression(text)) return std::nullopt;
  std::size_t open = text.find(kOpen);
  while (open != std::string_view::npos) {
    const std::size_t close = find_close(text.substr(open + kOpen.size()));
    if (close == std::string_view::npos) return open;
    open = text.find(kOpen, open + kOpen.size() + close);
  }
  return std::nullopt;
}

namespace {

struct Compiler {
  const Limits& limits;
  std::vector<TemplateError> errors;

  std::optional<Expression> text(const std::string& value, const std::string& pointer) {
    std::string_view inner;
    std::size_t offset = 0;
    if (is_wrapped_expression(value, &inner, &offset)) {
      auto compiled = Expression::compile(inner, limits);
      if (compiled) return std::move(*compiled);
      compiled.error().offset += offset;
      errors.push_back({pointer, std::move(compiled.error())});
    } else if (const auto unclosed = find_unclosed_expression(value)) {
      errors.push_back({pointer, {std::string(kUnclosedExpression), *unclosed}});
    } else if (const auto open = value.find(kOpen); open != value.npos) {
      errors.push_back(
          {pointer, {fmt::format("an expression must be the whole value; write {}", interpolation_of(value)), open}});
    }
    return std::nullopt;
  }
};

}  // namespace

std::expected<ValueTemplate, std::vector<TemplateError>> ValueTemplate::compile(const Json& value,
                                                                                const Limits& limits) {
  Compiler compiler{limits, {}};
  const auto build = [&](const auto& self, const Json& part, const std::string& pointer, std::size_t depth) -> Node {
    Node node;
    if (depth > kJsonDepthMax) {
      compiler.errors.push_back({pointer, {fmt::format("nested deeper than {} levels", kJsonDepthMax), 0}});
      return node;
    }
    if (part.is_string()) {
      node.expression = compiler.text(part.get_ref<const std::string&>(), pointer);
      if (node.expression) {
        node.kind = Node::Kind::kExpression;
      } else {
        node.constant = part;
      }
      return node;
    }
    if (!part.is_structured()) {
      node.constant = part;
      return node;
    }
    bool constant = true;
    std::size_t index = 0;
    for (auto item = part.begin(); item != part.end(); ++item, ++index) {
      const std::string key = part.is_object() ? item.key() : std::string();
      const std::string step = part.is_object() ? escape_pointer(key) : std::to_string(index);
      if (part.is_object()) node.keys.push_back(key);
      node.children.push_back(self(self, *item, pointer + '/' + step, depth + 1));
      constant = constant && node.children.back().kind == Node::Kind::kConstant;
    }
    if (constant) {
      node.keys.clear();
      node.children.clear();
      node.constant = part;
    } else {
      node.kind = part.is_object() ? Node::Kind::kObject : Node::Kind::kArray;
    }
    return node;
  };
  auto root = std::make_shared<Node>(build(build, value, "", 0));
  if (!compiler.errors.empty()) return std::unexpected(std::move(compiler.errors));
  return ValueTemplate(std::move(root));
}

ValueTemplate ValueTemplate::from_expression(Expression expression) {
  auto root = std::make_shared<Node>();
  root->kind = Node::Kind::kExpression;
  root->expression = std::move(expression);
  return ValueTemplate(std::move(root));
}

ValueTemplate::ValueTemplate(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

Result<Json> ValueTemplate::render(const Json& input, const Environment& environment, const Limits& limits) const {
  std::size_t bytes = 0;
  const auto fill = [&](const auto& self, const Node& node, Json& out) -> Result<void> {
    switch (node.kind) {
      case Node::Kind::kConstant:
        out = node.constant;
        return {};
      case Node::Kind::kExpression: {
        auto result = node.expression->evaluate(input, environment, limits);
        if (!result) return std::unexpected(std::move(result.error()));
        out = std::move(*result);
        if (out.is_structured() || out.is_string()) bytes += extent_of(out).bytes;
        if (bytes <= limits.value_bytes_max) return {};
        return failure("expression",
                       fmt::format("the values together are larger than {} bytes", limits.value_bytes_max),
                       node.expression->source());
      }
      case Node::Kind::kArray:
        out = Json::array();
        break;
      case Node::Kind::kObject:
        out = Json::object();
        break;
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      Json* place = nullptr;
      if (node.kind == Node::Kind::kArray) {
        place = &out.get_ref<Json::array_t&>().emplace_back();
      } else {
        auto& members = out.get_ref<Json::object_t&>();
        place = &members.emplace_hint(members.end(), node.keys[i], nullptr)->second;
      }
      if (auto done = self(self, node.children[i], *place); !done) return done;
    }
    return {};
  };
  Json result;
  if (auto done = fill(fill, *root_, result); !done) return std::unexpected(std::move(done.error()));
  return result;
}

std::vector<const Expression*> ValueTemplate::expressions() const {
  std::vector<const Expression*> found;
  const auto visit = [&](const auto& self, const Node& node) -> void {
    if (node.expression) found.push_back(&*node.expression);
    for (const auto& child : node.children) self(self, child);
  };
  visit(visit, *root_);
  return found;
}

bool ValueTemplate::is_constant() const {
  return root_->kind == Node::Kind::kConstant;
}

}  // namespace skald::expression
