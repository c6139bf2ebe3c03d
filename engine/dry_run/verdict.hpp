// What is wrong with a run, judged by the participants' books and by the history.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/dry_run/run.hpp"
#include "engine/dry_run/subject.hpp"

namespace skald::dry_run {

enum class Severity : std::uint8_t { kError, kWarning };

struct Finding {
  Severity severity = Severity::kError;
  // Stable, for programs: "effect-stands", "undo-not-computable", "effect-left-behind", "undo-lacks-data",
  // "fails-untroubled", "never-ends".
  std::string kind;
  std::string step;            // static path; empty: the workflow
  std::string message;         // what, and why
  std::string remedy;          // what to do about it; may be empty
  definition::Mark mark = {};  // of the step, else of the document

  bool is_same(const Finding& other) const {
    return kind == other.kind && step == other.step && message == other.message;
  }
};

// The place of a finding is added: a step's, by its path.
void place(Finding& finding, const definition::Definition& definition);

// Of one run, each once. The steps of `may_stand` (static paths) have effects that nobody needs to undo, as those that
// the subject has accepted.
std::vector<Finding> judge(const Subject& subject, const Run& run, const std::vector<std::string>& may_stand);

}  // namespace skald::dry_run
