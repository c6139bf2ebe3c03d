// What the participants have done, by their own books: who deduplicates by key, answers an undo of something never done
// with yes and refuses a do that comes after its undo (docs/adapters.md, "What a participant sees").
//
// The dry run judges what stands by these books, not by what the engine believes. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/saga/effect.hpp"

namespace skald::dry_run {

class Ledger {
 public:
  explicit Ledger(const definition::Definition& definition) : definition_(definition) {}

  // The engine sends it; whether it arrives is another matter.
  void note_sent(const saga::SendRequest& request);

  // It arrives and takes effect, once a key. False: refused, because its undo was there before it.
  bool arrive(const saga::SendRequest& request);

  // Steps whose effect was made and not undone, in the order of the effects. An effect is undone when the calls of its
  // undo have arrived, one at least that changes something; where it has none, those of a step around it. Those of a
  // list whose failure is passed over do not count.
  std::vector<std::string> standing() const;

 private:
  struct Effect {
    std::string step;
    std::size_t order = 0;
  };
  struct UndoCall {
    std::string path;
    bool arrived = false;
    bool looked = false;  // it arrived and changes nothing, as a GET
  };

  UndoCall& undo_call(std::string_view path);
  bool is_undone(std::string_view step) const;
  bool is_best_effort(const std::string& path) const;

  const definition::Definition& definition_;
  std::map<std::string, Effect> effects_;               // by key
  std::map<std::string, std::vector<UndoCall>> undos_;  // by the step that they undo
};

// Whether a request changes nothing where it arrives (RFC 9110, section 9.2.1).
bool is_safe(const saga::Request& request);

}  // namespace skald::dry_run
