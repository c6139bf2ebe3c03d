// What to say about names that are not part of the language.
#include <algorithm>
#include <numeric>
#include <vector>

#include "engine/expression/builtins.hpp"
#include "engine/expression/parser.hpp"

namespace skald::expression {
namespace {

struct LeftOut {
  std::string_view name;
  std::string_view instead;
};

constexpr std::string_view kDeterministic = "evaluation is deterministic: use $workflow.startedAt or $step.startedAt";
constexpr std::string_view kNoRecursion =
    "recursion is left out so that every expression ends: use map, reduce, "
    "range, paths or walk(f)";
constexpr std::string_view kNoInput = "there is one input: use . and the variables";
constexpr std::string_view kNoEnvironment = "pass the value as input of the workflow, or use $secrets";
constexpr std::string_view kNoDefinitions = "write the expression out, or use a set step and read its output";
constexpr std::string_view kNoSideEffects =
    "expressions have no side effects: read the values in the execution's "
    "history";
constexpr std::string_view kNoHalt = "use error(\"...\"), or a raise step";
constexpr std::string_view kNoLabels = "use first(f), limit(n; f), any or all";
constexpr std::string_view kNoModules = "there are no modules: write the expression out";
constexpr std::string_view kNoStreams = "values are whole: use paths and getpath";
constexpr std::string_view kTimes = "use todate and fromdate, which know ISO 8601";
constexpr std::string_view kNoSql = "use group_by, map and add";

constexpr LeftOut kLeftOut[] = {
    {"def", kNoDefinitions},
    {"recurse", kNoRecursion},
    {"recurse_down", kNoRecursion},
    {"repeat", kNoRecursion},
    {"while", kNoRecursion},
    {"until", kNoRecursion},
    {"label", kNoLabels},
    {"break", kNoLabels},
    {"input", kNoInput},
    {"inputs", kNoInput},
    {"input_filename", kNoInput},
    {"input_line_number", kNoInput},
    {"env", kNoEnvironment},
    {"import", kNoModules},
    {"include", kNoModules},
    {"module", kNoModules},
    {"modulemeta", kNoModules},
    {"get_search_list", kNoModules},
    {"debug", kNoSideEffects},
    {"stderr", kNoSideEffects},
    {"halt", kNoHalt},
    {"halt_error", kNoHalt},
    {"now", kDeterministic},
    {"localtime", kDeterministic},
    {"strflocaltime", kDeterministic},
    {"gmtime", kTimes},
    {"mktime", kTimes},
    {"strftime", kTimes},
    {"strptime", kTimes},
    {"tostream", kNoStreams},
    {"fromstream", kNoStreams},
    {"truncate_stream", kNoStreams},
    {"INDEX", kNoSql},
    {"JOIN", kNoSql},
    {"builtins", "they are listed in docs/expressions.md"},
    {"format", "write @name, for example @base64"},
};

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

class Nearest {
 public:
  explicit Nearest(std::string_view name) : name_(name), best_(name.size() <= 4 ? 2 : 3) {}

  void offer(std::string_view candidate) {
    if (name_.size() > kNameMax) return;
    const std::size_t far = distance(name_, candidate);
    if (far < best_) {
      best_ = far;
      found_ = candidate;
    }
  }
  std::string found() const { return std::string(found_); }

 private:
  static constexpr std::size_t kNameMax = 40;

  std::string_view name_;
  std::size_t best_;  // one more than what is still near
  std::string_view found_;
};

// Names of other languages and of later versions of jq.
constexpr LeftOut kOtherNames[] = {
    {"lower", "ascii_downcase"},
    {"lowercase", "ascii_downcase"},
    {"downcase", "ascii_downcase"},
    {"upper", "ascii_upcase"},
    {"uppercase", "ascii_upcase"},
    {"upcase", "ascii_upcase"},
    {"len", "length"},
    {"size", "length"},
    {"count", "length"},
    {"filter", "select"},
    {"where", "select"},
    {"sum", "add"},
    {"concat", "add"},
    {"distinct", "unique"},
    {"uniq", "unique"},
    {"replace", "sub"},
    {"replace_all", "gsub"},
    {"trim", "gsub"},
    {"parse", "fromjson"},
    {"stringify", "tojson"},
    {"to_string", "tostring"},
    {"to_number", "tonumber"},
    {"int", "tonumber"},
    {"float", "tonumber"},
    {"contain", "contains"},
    {"includes", "contains"},
    {"matches", "test"},
    {"delete", "del"},
    {"remove", "del"},
    {"abs", "fabs"},
    {"entries", "to_entries"},
    {"raise", "error"},
    {"fold", "reduce"},
};

}  // namespace

std::string_view why_left_out(std::string_view name) {
  for (const auto& entry : kLeftOut) {
    if (entry.name == name) return entry.instead;
  }
  return {};
}

std::string nearest_builtin(std::string_view name) {
  for (const auto& entry : kOtherNames) {
    if (entry.name == name) return std::string(entry.instead);
  }
  Nearest nearest(name);
  for (const auto family : all_builtins()) {
    for (const auto& builtin : family) nearest.offer(builtin.name);
  }
  return nearest.found();
}

std::string nearest_format(std::string_view name) {
  Nearest nearest(name);
  for (const auto& format : all_formats()) nearest.offer(format.name);
  return nearest.found();
}

}  // namespace skald::expression
