// Undos that are called with less where the outcome of their step is not known: what of a request has a value in one
// run and none in another.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/dry_run/run.hpp"

namespace skald::dry_run {

class UndoData {
 public:
  struct Gap {
    std::string undo;   // static path
    std::string key;    // "with.chargeId"
    Schedule schedule;  // a run in which it has no value
  };

  void note(const Run& run);
  std::vector<Gap> gaps() const;

 private:
  struct Seen {
    saga::RequestPtr request;
    Schedule schedule;
  };

  std::map<std::string, Seen> known_;    // by static path: the step had an output
  std::map<std::string, Seen> unknown_;  // nobody knows it
};

}  // namespace skald::dry_run
