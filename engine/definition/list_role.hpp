// What a list of steps inside a step is for.
#pragma once

namespace skald::definition {

enum class ListRole {
  kSequence,  // once, from the first step to the last: `do`
  kLoop,      // once for each item, perhaps never: `for`
  kRepeat,    // once or more: `foreach` of a `listen`
  kAttempt,   // may be left at any step by an error: `try`
  kHandler,   // only after an error: `catch.do`
  kBranches,  // all at once: `fork`
  kRace,      // all at once, and one of them wins: `fork` with `compete`
};

}  // namespace skald::definition
