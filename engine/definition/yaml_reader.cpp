// read_yaml: yaml-cpp's events into a Node tree, within limits.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <sstream>
#include <unordered_set>

#include "engine/definition/yaml_scalar.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::definition {
namespace {

// Stops the parser from inside a handler.
struct Refusal {
  YamlProblem problem;
};

[[noreturn]] void refuse(std::string rule, Mark mark, std::string message) {
  throw Refusal{{std::move(rule), mark, "", std::move(message)}};
}

std::size_t height_of(const Node& node) {
  std::size_t height = 0;
  for (const Node& item : node.items) height = std::max(height, height_of(item));
  return height + 1;
}

std::size_t count_nodes(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items) count += count_nodes(item);
  return count;
}

std::size_t count_bytes(const Node& node) {
  std::size_t bytes = node.text.size();
  for (const std::string& key : node.keys) bytes += key.size();
  for (const Node& item : node.items) bytes += count_bytes(item);
  return bytes;
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const SourceText& source, const YamlLimits& limits, std::vector<YamlProblem>& problems)
      : source_(source), limits_(limits), problems_(problems) {}

  Node take_root() { return std::move(root_); }

  // Where the innermost collection that is still open begins.
  Mark innermost() const { return frames_.empty() ? Mark{1, 1} : frames_.back().node.mark; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = make(mark, Node::Kind::kNull);
    node.is_plain = true;
    const std::string_view rest = source_.text().substr(std::min(node.offset, source_.text().size()));
    if (!rest.empty() && std::string_view("nN~").find(rest[0]) != std::string_view::npos) node.text = "null";
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(mark, Node::Kind::kString);
    node.text = value;
    node.is_plain = tag == "?";
    if (!node.is_plain && is_unterminated(source_, node)) {
      refuse("yaml-syntax", node.mark, "is not valid YAML: the quote that opens here is never closed");
    }
    set_kind(node, tag);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kSequence), tag, "tag:yaml.org,2002:seq", anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(make(mark, Node::Kind::kMap), tag, "tag:yaml.org,2002:map", anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Mark place = place_of(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse("yaml-alias", place, "an alias cannot stand inside the node that it names");
    const Node& original = found->second;
    nodes_ += count_nodes(original) - 1;  // add() counts its root
    alias_bytes_ += count_bytes(original);
    if (const std::size_t max = 4 * limits_.bytes;
        alias_bytes_ > max) {  // a small document must not become a large one
      refuse("too-large", place, fmt::format("aliases expand the document beyond {} KiB", max / 1024));
    }
    check_depth(frames_.size() + height_of(original), place);
    add(original, 0, place);
  }

 private:
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  // of a map: a key has been read, its value comes next
    bool drop_value = false;
    std::unordered_set<std::string> seen;
  };

  std::size_t offset_of(const YAML::Mark& mark) const { return static_cast<std::size_t>(std::max(mark.pos, 0)); }
  Mark place_of(const YAML::Mark& mark) const { return source_.mark_at(offset_of(mark)); }

  Node make(const YAML::Mark& mark, Node::Kind kind) const {
    Node node;
    node.kind = kind;
    node.offset = offset_of(mark);
    node.mark = source_.mark_at(node.offset);
    return node;
  }

  void set_kind(Node& node, const std::string& tag) const {
    constexpr std::string_view kCore = "tag:yaml.org,2002:";
    if (tag == "?") {
      node.kind = plain_scalar_kind(node.text);
    } else if (tag != "!") {
      const std::string_view full = tag;
      const std::string_view type = full.starts_with(kCore) ? full.substr(kCore.size()) : "";
      node.kind = plain_scalar_kind(node.text);
      const bool fits = type == "str" || (type == "null" && node.kind == Node::Kind::kNull) ||
                        (type == "bool" && node.kind == Node::Kind::kBool) ||
                        (type == "int" && node.kind == Node::Kind::kInteger) ||
                        (type == "float" && (node.kind == Node::Kind::kFloat || node.kind == Node::Kind::kInteger));
      if (!fits) refuse("yaml-tag", node.mark, fmt::format("the tag '{}' is not supported here", tag));
      if (type == "str") node.kind = Node::Kind::kString;
    }
    if (node.kind != Node::Kind::kFloat) return;
    if (!std::isfinite(std::strtod(node.text.c_str(), nullptr)) || node.text.find_first_of("nN") != std::string::npos) {
      refuse("yaml-number", node.mark, fmt::format("the number '{}' has no place in JSON", node.text));
    }
  }

  void check_depth(std::size_t depth, Mark mark) const {
    if (depth > limits_.depth) {
      refuse("too-deep", mark, fmt::format("the document is nested deeper than {} levels", limits_.depth));
    }
  }

  void open(Node node, const std::string& tag, std::string_view core_tag, YAML::anchor_t anchor) {
    if (tag != "?" && tag != "!" && !tag.empty() && tag != core_tag) {
      refuse("yaml-tag", node.mark, fmt::format("the tag '{}' is not supported here", tag));
    }
    if (!frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_key) {
      refuse("yaml-key", node.mark, "a key must be a scalar, not a list or a map");
    }
    check_depth(frames_.size() + 1, node.mark);
    frames_.push_back({std::move(node), anchor, false, false, {}});
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    add(std::move(frame.node), frame.anchor);
  }

  void add(Node node, YAML::anchor_t anchor) {
    const Mark place = node.mark;
    add(std::move(node), anchor, place);
  }

  void add(Node node, YAML::anchor_t anchor, Mark place) {
    if (++nodes_ > limits_.nodes) {
      refuse("too-large", place, fmt::format("the document has more than {} nodes", limits_.nodes));
    }
    if (anchor != 0) anchors_.insert_or_assign(anchor, node);
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is_sequence()) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      add_key(frame, node, place);
    } else {
      add_value(frame, std::move(node));
    }
  }

  void add_key(Frame& frame, Node& node, Mark place) {
    if (!node.items.empty() || node.is_map() || node.is_sequence()) {
      refuse("yaml-key", place, "a key must be a scalar, not a list or a map");
    }
    if (node.is_null()) refuse("yaml-key", place, "a key is missing; write it out (quoted, where it is the word null)");
    if (node.is_plain && node.text == "<<") {
      refuse("yaml-merge", place, "merge keys ('<<') are not supported; write the keys out, or alias a whole value");
    }
    frame.has_key = true;
    frame.drop_value = !frame.seen.insert(node.text).second;
    if (frame.drop_value) {
      const auto first = std::find(frame.node.keys.begin(), frame.node.keys.end(), node.text);
      const Mark before = frame.node.key_marks[static_cast<std::size_t>(first - frame.node.keys.begin())];
      problems_.push_back(
          {"duplicate-key", place, "",
           fmt::format("duplicate key '{}'; the first is at {}:{}", node.text, before.line, before.column)});
      return;
    }
    frame.node.keys.push_back(std::move(node.text));
    frame.node.key_marks.push_back(place);
  }

  void add_value(Frame& frame, Node node) {
    frame.has_key = false;
    if (frame.drop_value) return;
    if (node.is_null() && node.text.empty()) node.mark = frame.node.key_marks.back();
    frame.node.items.push_back(std::move(node));
  }

  const SourceText& source_;
  const YamlLimits& limits_;
  std::vector<YamlProblem>& problems_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t nodes_ = 0;
  std::size_t alias_bytes_ = 0;
  Node root_;
};

// Where what follows the first document begins. Reports only the first event.
class TrailerFinder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { throw mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// yaml-cpp takes 0x04 for the end of the input and guesses encodings from zero bytes, so control characters (which
// YAML forbids anyway) are refused before it sees them; and it queues tokens of flow collections without a bound.
void check_bytes(const SourceText& source, const YamlLimits& limits) {
  const std::string_view text = source.text();
  if (text.size() > limits.bytes) {
    refuse("too-large", {1, 1},
           fmt::format("the document has {} bytes; at most {} are allowed", text.size(), limits.bytes));
  }
  if (const auto at = find_invalid_utf8(text)) {
    refuse("yaml-encoding", source.mark_at(*at), fmt::format("byte {} is not valid UTF-8", *at));
  }
  std::size_t indicators = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      refuse("yaml-encoding", source.mark_at(i), fmt::format("control character 0x{:02X} is not allowed", c));
    }
    if (c == '[' || c == '{' || c == ',') ++indicators;
  }
  if (indicators > 2 * limits.nodes) {
    refuse("too-large", {1, 1}, fmt::format("the document has more than {} brackets and commas", 2 * limits.nodes));
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The 16 bits of `\uXXXX` at `at`; -1 where there is no such escape.
int read_u_escape(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int code = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0) return -1;
    code = code << 4 | digit;
  }
  return code;
}

// JSON writes characters beyond the 16-bit plane as two escapes, which yaml-cpp refuses; `\U0001F600` is its spelling.
// That is two bytes shorter, so places behind such an escape are too early by two columns; they only serve messages.
std::string join_surrogate_escapes(std::string_view text) {
  std::string joined;
  joined.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      joined += text[i];
      continue;
    }
    const int high = read_u_escape(text, i);
    const int low = high >= 0xD800 && high < 0xDC00 ? read_u_escape(text, i + 6) : -1;
    if (low >= 0xDC00 && low < 0xE000) {
      joined += fmt::format("\\U{:08X}", 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
      i += 11;
    } else {
      joined += text.substr(i, 2);
      ++i;
    }
  }
  return joined;
}

// yaml-cpp's words for the mistakes that people make, in terms of what to do.
std::string explain(const std::string& message) {
  static const std::map<std::string, std::string, std::less<>> kWords = {
      {"illegal map value", "a ':' cannot stand here; check the indentation, or quote the text that contains it"},
      {"illegal block entry", "a '- ' cannot stand here; check the indentation"},
      {"end of map not found", "what stands here continues no key of the map around it; check indentation and quotes"},
      {"end of sequence not found", "what stands here continues no list; check the indentation"},
      {"end of sequence flow not found", "a ',' or the closing ']' is missing before this"},
      {"end of map flow not found", "a ',' or the closing '}' is missing before this"},
      {"illegal flow end", "there is nothing to close here"},
      {"unknown token", "no text can begin with this character; quote it"},
      {"illegal EOF in scalar", "the quote that opens here is never closed"},
  };
  const auto found = kWords.find(message);
  return found == kWords.end() ? message : found->second;
}

// A tab among the indentation of the line of `at`, or of the one before it.
std::optional<std::size_t> find_tab(std::string_view text, std::size_t at) {
  for (int lines = 0; lines < 2; ++lines) {
    const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    const std::size_t tab = text.find_first_not_of(' ', begin);
    if (tab != std::string_view::npos && text[tab] == '\t') return tab;
    at = begin == 0 ? 0 : begin - 1;
  }
  return std::nullopt;
}

void read_one(const SourceText& source, YAML::Parser& parser, TreeBuilder& builder) {
  try {
    if (!parser.HandleNextDocument(builder)) refuse("yaml-syntax", {1, 1}, "the document is empty");
  } catch (const YAML::Exception& error) {
    const std::size_t at = std::min(static_cast<std::size_t>(std::max(error.mark.pos, 0)), source.text().size());
    if (const auto tab = find_tab(source.text(), at)) {
      refuse("yaml-syntax", source.mark_at(*tab), "is not valid YAML: a tab stands here; indent with spaces");
    }
    const bool is_unclosed = error.msg.ends_with("flow not found");
    // Where a collection is cut off by the end of the text, its beginning says more than the end.
    const bool at_end = at == 0 || source.text().find_first_not_of(" \t\r\n", at) == std::string_view::npos;
    if (error.mark.is_null() || (is_unclosed && at_end)) {
      refuse("yaml-syntax", builder.innermost(), "is not valid YAML: the bracket that opens here is never closed");
    }
    refuse("yaml-syntax", source.mark_at(at), "is not valid YAML: " + explain(error.msg));
  }
}

// A second document, or what yaml-cpp left unread (it stops at a stray comma for ever).
void check_end(const SourceText& source, YAML::Parser& parser) {
  if (!parser) return;
  TrailerFinder finder;
  Mark place{1, 1};
  try {
    parser.HandleNextDocument(finder);
  } catch (const YAML::Mark& mark) {
    place = source.mark_at(static_cast<std::size_t>(std::max(mark.pos, 0)));
  } catch (const YAML::Exception& error) {
    place = source.mark_at(static_cast<std::size_t>(std::max(error.mark.pos, 0)));
  }
  refuse("yaml-syntax", place, "only one document is allowed; what stands here is not part of the first");
}

Node parse(const SourceText& source, const YamlLimits& limits, std::vector<YamlProblem>& problems) {
  check_bytes(source, limits);
  const std::size_t first = source.text().find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && source.text()[first] == '{';
  std::istringstream stream(is_json ? join_surrogate_escapes(source.text()) : std::string(source.text()));
  YAML::Parser parser(stream);
  TreeBuilder builder(source, limits, problems);
  read_one(source, parser, builder);
  check_end(source, parser);
  return builder.take_root();
}

}  // namespace

YamlTree read_yaml(const SourceText& source, const YamlLimits& limits) {
  YamlTree tree;
  try {
    tree.root = parse(source, limits, tree.problems);
    tree.complete = true;
  } catch (const Refusal& refusal) {
    tree.problems.push_back(refusal.problem);
  }
  return tree;
}

}  // namespace skald::definition
