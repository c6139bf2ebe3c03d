// Built-ins on regular expressions: test, match, capture, scan, split, sub, gsub.
#include <re2/re2.h>

#include "engine/expression/builtins.hpp"
#include "engine/expression/text.hpp"

namespace skald::expression {
namespace {

using Arguments = std::span<Value>;

// Where one match and its groups stand, in bytes. A group that did not take part has no data.
using Groups = std::vector<re2::StringPiece>;

struct Search {
  const RE2* regex = nullptr;
  const std::string* text = nullptr;
  bool global = false;
  bool skip_empty = false;
};

// Finds the regular expression: compiled with the call, or from the values of this moment. `pattern` may also be an
// array [pattern, flags] when there is no argument for the flags.
bool prepare(Evaluator& evaluator, const Node& call, const Json& input, const Json& pattern, const Json* flags,
             Search& search) {
  if (!input.is_string()) return evaluator.fail_type(input, "cannot be matched, as it is not a string");
  const Json* expression = &pattern;
  if (pattern.is_array() && !flags && !pattern.empty()) {
    expression = &pattern[0];
    if (pattern.size() > 1) flags = &pattern[1];
  }
  if (!expression->is_string()) {
    if (flags) return evaluator.fail_type(*expression, "is not a string");
    return evaluator.fail(std::string(kind_name(*expression)) + " not a string or array");
  }
  if (flags && !flags->is_string() && !flags->is_null()) return evaluator.fail_type(*flags, "is not a string");
  const std::string letters = flags && flags->is_string() ? flags->get<std::string>() : std::string();
  search.text = &input.get_ref<const std::string&>();
  search.global = letters.find('g') != letters.npos;
  search.skip_empty = letters.find('n') != letters.npos;
  search.regex = call.regex ? call.regex.get() : evaluator.regex(expression->get_ref<const std::string&>(), letters);
  return search.regex != nullptr;
}

// Calls `f` for every match, the first only unless the search is global.
bool for_matches(Evaluator& evaluator, const Search& search, FunctionRef<bool(const Groups&)> f) {
  const re2::StringPiece text(*search.text);
  Groups groups(static_cast<std::size_t>(search.regex->NumberOfCapturingGroups()) + 1);
  std::size_t start = 0;
  for (;;) {
    // A search may look at everything that is left.
    if (!evaluator.work(Budget::kStep + (text.size() - start) / 8)) return false;
    if (!search.regex->Match(text, start, text.size(), RE2::UNANCHORED, groups.data(),
                             static_cast<int>(groups.size()))) {
      return true;
    }
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const bool empty = groups[0].empty();
    if (!(empty && search.skip_empty)) {
      if (!f(groups)) return false;
      if (!search.global) return true;
    }
    start = begin + groups[0].size();
    if (empty) {
      if (start >= text.size()) return true;
      start += utf8_length(std::string_view(*search.text).substr(start));
    }
  }
}

std::size_t characters_before(const std::string& text, const char* place) {
  return utf8_count(std::string_view(text).substr(0, static_cast<std::size_t>(place - text.data())));
}

Json describe(const Search& search, const re2::StringPiece& piece) {
  const bool took_part = piece.data() != nullptr;
  const std::string_view text = took_part ? std::string_view(piece.data(), piece.size()) : std::string_view();
  return Json{
      {"offset", took_part ? static_cast<std::int64_t>(characters_before(*search.text, piece.data())) : -1},
      {"length", static_cast<std::int64_t>(utf8_count(text))},
      {"string", took_part ? Json(std::string(text)) : Json()},
  };
}

Json match_object(const Search& search, const Groups& groups) {
  Json result = describe(search, groups[0]);
  Json captures = Json::array();
  const auto& names = search.regex->CapturingGroupNames();
  for (std::size_t i = 1; i < groups.size(); ++i) {
    Json capture = describe(search, groups[i]);
    const auto name = names.find(static_cast<int>(i));
    capture["name"] = name == names.end() ? Json() : Json(name->second);
    captures.push_back(std::move(capture));
  }
  result["captures"] = std::move(captures);
  return result;
}

// {name: text} of the named groups.
Json named_groups(const Search& search, const Groups& groups) {
  Json result = Json::object();
  for (const auto& [index, name] : search.regex->CapturingGroupNames()) {
    const auto& piece = groups[static_cast<std::size_t>(index)];
    result[name] = piece.data() ? Json(std::string(piece.data(), piece.size())) : Json();
  }
  return result;
}

// Charged before a match is described: offsets are counted from the start of the text.
bool charge_match(Evaluator& evaluator, const Search& search, const Groups& groups) {
  return evaluator.work(groups.size() * (16 + search.text->size() / 8));
}

// Evaluates pattern and flags in every combination.
bool with_search(Evaluator& evaluator, const Node& call, const Json& input, bool global,
                 FunctionRef<bool(const Search&)> f) {
  return evaluator.with_arguments(call, input, [&](Arguments arguments) {
    Search search;
    if (!prepare(evaluator, call, input, *arguments[0], arguments.size() > 1 ? &*arguments[1] : nullptr, search)) {
      return false;
    }
    search.global = search.global || global;
    return f(search);
  });
}

bool match(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return with_search(evaluator, call, input, false, [&](const Search& search) {
    return for_matches(evaluator, search, [&](const Groups& groups) {
      Value result;
      return charge_match(evaluator, search, groups) && evaluator.give(match_object(search, groups), result) &&
             sink(std::move(result));
    });
  });
}

bool test(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return with_search(evaluator, call, input, false, [&](const Search& search) {
    if (!evaluator.work(search.text->size() / 8)) return false;
    return sink(Value::scalar(Json(RE2::PartialMatch(*search.text, *search.regex))));
  });
}

bool capture(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return with_search(evaluator, call, input, false, [&](const Search& search) {
    return for_matches(evaluator, search, [&](const Groups& groups) {
      Value result;
      return evaluator.give(named_groups(search, groups), result) && sink(std::move(result));
    });
  });
}

bool scan(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return with_search(evaluator, call, input, true, [&](const Search& search) {
    return for_matches(evaluator, search, [&](const Groups& groups) {
      Json found;
      if (groups.size() == 1) {
        found = std::string(groups[0].data(), groups[0].size());
      } else {
        found = Json::array();
        for (std::size_t i = 1; i < groups.size(); ++i) {
          found.push_back(groups[i].data() ? Json(std::string(groups[i].data(), groups[i].size())) : Json());
        }
      }
      Value result;
      return evaluator.give(std::move(found), result) && sink(std::move(result));
    });
  });
}

bool pieces(Evaluator& evaluator, const Search& search, FunctionRef<bool(Value&&)> sink) {
  const std::string_view text = *search.text;
  std::size_t from = 0;
  const auto give = [&](std::size_t to) {
    Value piece;
    return evaluator.give_text(std::string(text.substr(from, to - from)), piece) && sink(std::move(piece));
  };
  const bool done = for_matches(evaluator, search, [&](const Groups& groups) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    if (!give(begin)) return false;
    from = begin + groups[0].size();
    return true;
  });
  return done && give(text.size());
}

bool splits(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  return with_search(evaluator, call, input, true,
                     [&](const Search& search) { return pieces(evaluator, search, sink); });
}

bool split(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  Value list;
  if (!evaluator.start_array(list)) return false;
  const bool done = with_search(evaluator, call, input, true, [&](const Search& search) {
    return pieces(evaluator, search, [&](Value&& piece) { return evaluator.append(list, std::move(piece)); });
  });
  return done && sink(std::move(list));
}

struct Replaced {
  std::size_t begin = 0;
  std::size_t end = 0;
  Json groups;
};

// Replaces the matches from the last to the first, so that the first varies fastest; `tail` is what follows them.
bool replace(Evaluator& evaluator, const Node& replacement, const std::string& text, std::span<const Replaced> matches,
             const std::string& tail, Sink sink) {
  if (!evaluator.work(Budget::kStep + tail.size() / 16)) return false;
  if (matches.empty()) {
    Value result;
    return evaluator.give_text(std::string(tail), result) && sink(std::move(result));
  }
  const Replaced& last = matches.back();
  const std::size_t before = matches.size() > 1 ? matches[matches.size() - 2].end : 0;
  return evaluator.each(replacement, last.groups, [&](Value&& value) {
    const std::string kept = text.substr(before, last.begin - before);
    if (!value->is_string()) return evaluator.fail_types(Json(kept), *value, "cannot be added");
    const auto& inserted = value->get_ref<const std::string&>();
    if (!evaluator.check_room(kept.size() + inserted.size() + tail.size())) return false;
    return replace(evaluator, replacement, text, matches.first(matches.size() - 1), kept + inserted + tail, sink);
  });
}

// One replacement a match: no need to go back, so no recursion over the matches.
bool replace_once(Evaluator& evaluator, const Node& replacement, const std::string& text,
                  std::span<const Replaced> matches, Sink sink) {
  std::string result;
  std::size_t from = 0;
  for (const auto& match : matches) {
    result.append(text, from, match.begin - from);
    Value value;
    if (!evaluator.one(replacement, match.groups, value)) return false;
    if (!value->is_string()) return evaluator.fail_types(Json(result), *value, "cannot be added");
    result += value->get_ref<const std::string&>();
    from = match.end;
    if (!evaluator.check_room(result.size())) return false;
  }
  result.append(text, from);
  Value value;
  return evaluator.give_text(std::move(result), value) && sink(std::move(value));
}

template <bool Global>
bool substitute(Evaluator& evaluator, const Node& call, const Json& input, Sink sink) {
  const auto run = [&](const Json& pattern, const Json* flags) {
    Search search;
    if (!prepare(evaluator, call, input, pattern, flags, search)) return false;
    search.global = search.global || Global;
    const auto& text = input.get_ref<const std::string&>();
    std::vector<Replaced> matches;
    const bool found = for_matches(evaluator, search, [&](const Groups& groups) {
      const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
      matches.push_back({begin, begin + groups[0].size(), named_groups(search, groups)});
      return evaluator.check_room(matches.size() * sizeof(Replaced));
    });
    if (!found) return false;
    const Node& replacement = *call.list[1];
    if (replacement.single) return replace_once(evaluator, replacement, text, matches, sink);
    constexpr std::size_t kManyMax = 200;
    if (matches.size() > kManyMax) {
      return evaluator.fail("a replacement with several results is limited to 200 matches");
    }
    const std::string tail = text.substr(matches.empty() ? 0 : matches.back().end);
    return replace(evaluator, replacement, text, matches, tail, sink);
  };
  return evaluator.each(*call.list[0], input, [&](Value&& pattern) {
    if (call.list.size() < 3) return run(*pattern, nullptr);
    return evaluator.each(*call.list[2], input, [&](Value&& flags) { return run(*pattern, &*flags); });
  });
}

constexpr Builtin kRegex[] = {
    {.name = "capture", .arity = 1, .special = capture, .single = false, .regex = 0},
    {.name = "capture", .arity = 2, .special = capture, .single = false, .regex = 0, .regex_flags = 1},
    {.name = "gsub", .arity = 2, .special = substitute<true>, .single = false, .regex = 0},
    {.name = "gsub", .arity = 3, .special = substitute<true>, .single = false, .regex = 0, .regex_flags = 2},
    {.name = "match", .arity = 1, .special = match, .single = false, .regex = 0},
    {.name = "match", .arity = 2, .special = match, .single = false, .regex = 0, .regex_flags = 1},
    {.name = "scan", .arity = 1, .special = scan, .single = false, .regex = 0},
    {.name = "split", .arity = 2, .special = split, .regex = 0, .regex_flags = 1},
    {.name = "splits", .arity = 1, .special = splits, .single = false, .regex = 0},
    {.name = "splits", .arity = 2, .special = splits, .single = false, .regex = 0, .regex_flags = 1},
    {.name = "sub", .arity = 2, .special = substitute<false>, .single = false, .regex = 0},
    {.name = "sub", .arity = 3, .special = substitute<false>, .single = false, .regex = 0, .regex_flags = 2},
    {.name = "test", .arity = 1, .special = test, .single = false, .regex = 0},
    {.name = "test", .arity = 2, .special = test, .single = false, .regex = 0, .regex_flags = 1},
};

}  // namespace

std::span<const Builtin> regex_builtins() {
  return kRegex;
}

}  // namespace skald::expression
