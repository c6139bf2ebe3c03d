// Compiling regular expressions for RE2, which matches in linear time whatever the pattern.
#include <fmt/format.h>
#include <re2/re2.h>

#include "engine/expression/builtins.hpp"

namespace skald::expression {
namespace {

constexpr std::size_t kPatternBytesMax = 1024;
constexpr std::int64_t kMemoryMax = 1 << 20;
constexpr std::size_t kCached = 8;
constexpr std::size_t kCompileSteps = 500;

// Writes (?<name>...) as RE2 spells it, (?P<name>...), and says what RE2 cannot do.
bool translate(std::string_view pattern, std::string& out, std::string& error) {
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const std::string_view rest = pattern.substr(i);
    if (c == '\\' && i + 1 < pattern.size()) {
      const char escaped = pattern[i + 1];
      if (!in_class && escaped >= '1' && escaped <= '9') {
        error = fmt::format("back-references such as \\{} are not supported in regular expressions", escaped);
        return false;
      }
      if (escaped == 'h' || escaped == 'H') {
        out += in_class ? (escaped == 'h' ? "0-9A-Fa-f" : "\\x00-/:-@G-`g-\\x{10FFFF}")
                        : (escaped == 'h' ? "[0-9A-Fa-f]" : "[^0-9A-Fa-f]");
      } else {
        out += rest.substr(0, 2);
      }
      ++i;
      continue;
    }
    if (c == '[' && !in_class) {
      in_class = true;
      out += c;
      // A bracket that comes first is itself.
      if (i + 1 < pattern.size() && pattern[i + 1] == '^') out += pattern[++i];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') out += "\\]", ++i;
      continue;
    }
    if (c == '[' && rest.starts_with("[:")) {
      const auto end = rest.find(":]");
      if (end != rest.npos) {
        out += rest.substr(0, end + 2);
        i += end + 1;
        continue;
      }
    }
    if (c == ']') in_class = false;
    if (!in_class &&
        (rest.starts_with("(?=") || rest.starts_with("(?!") || rest.starts_with("(?<=") || rest.starts_with("(?<!"))) {
      error = "look-ahead and look-behind are not supported in regular expressions";
      return false;
    }
    if (!in_class && rest.starts_with("(?<")) {
      out += "(?P<";
      i += 2;
      continue;
    }
    out += c;
  }
  return true;
}

bool set_flag(char flag, RE2::Options& options, std::string& error) {
  switch (flag) {
    case 'g':
    case 'n':
    case 's':
      return true;  // g and n act on the matches; s is how ^ and $ always work
    case 'i':
      options.set_case_sensitive(false);
      return true;
    case 'm':
    case 'p':
      options.set_dot_nl(true);
      return true;
    case 'l':
      options.set_longest_match(true);
      return true;
    case 'x':
      error = "the flag 'x' is not supported in regular expressions";
      return false;
    default:
      return false;
  }
}

}  // namespace

std::shared_ptr<const re2::RE2> compile_regex(std::string_view pattern, std::string_view flags, std::string& error) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryMax);
  for (const char flag : flags) {
    if (set_flag(flag, options, error)) continue;
    if (error.empty()) error = fmt::format("{} is not a valid modifier string", flags);
    return nullptr;
  }
  if (pattern.size() > kPatternBytesMax) {
    error = fmt::format("the regular expression is longer than {} bytes", kPatternBytesMax);
    return nullptr;
  }
  std::string translated;
  if (!translate(pattern, translated, error)) return nullptr;
  auto regex = std::make_shared<const RE2>(translated, options);
  if (!regex->ok()) {
    error = fmt::format("invalid regular expression: {}", regex->error());
    return nullptr;
  }
  return regex;
}

const re2::RE2* Evaluator::regex(const std::string& pattern, const std::string& flags) {
  std::string key = flags + '/' + pattern;
  for (const auto& cached : regexes_) {
    if (cached.key == key) return cached.regex.get();
  }
  if (!work(kCompileSteps * Budget::kStep)) return nullptr;
  std::string error;
  auto compiled = compile_regex(pattern, flags, error);
  if (!compiled) {
    fail(std::move(error));
    return nullptr;
  }
  if (regexes_.size() == kCached) regexes_.erase(regexes_.begin());
  regexes_.push_back({std::move(key), std::move(compiled)});
  return regexes_.back().regex.get();
}

}  // namespace skald::expression
