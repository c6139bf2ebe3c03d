// Random workflows and a random world for them, from one seed.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>

#include "engine/saga/answer.hpp"
#include "engine/saga/effect.hpp"

namespace skald::saga {

using Random = std::mt19937_64;

inline bool chance(Random& random, int percent) {
  return static_cast<int>(random() % 100) < percent;
}

// YAML of a workflow of one to six steps over the bench's adapters: nested `do`, conditions, retries, pivots, hooks,
// functions, undo lists, every onError and onUnknown.
std::string random_workflow(Random& random);

// Participants that keep the contract: they deduplicate by key, answer a repeated key with the first answer, answer the
// undo of something never done with 2xx, and refuse a do that comes after its undo. While they are ill they lose
// requests and replies, fail, refuse and answer garbage; a request they lost may still arrive later.
class ModelWorld {
 public:
  explicit ModelWorld(Random& random) : random_(random) {}

  Answer answer(const SendRequest& call);
  void deliver_late();
  void heal() { ill_ = false; }

  // Steps whose effect stands, by path.
  const std::set<std::string>& live() const { return live_; }
  // Paths of undos in the order they took effect.
  const std::vector<std::string>& undone() const { return undone_; }
  // Every key had one body.
  bool keys_kept_their_body() const { return keys_kept_their_body_; }
  bool effect_twice() const { return effect_twice_; }

 private:
  Answer apply(const SendRequest& call);
  Answer answer_of_run(const SendRequest& call);

  Random& random_;
  bool ill_ = true;
  bool keys_kept_their_body_ = true;
  bool effect_twice_ = false;
  std::map<std::string, std::string> bodies_;
  std::map<std::string, Answer> answers_;
  std::set<std::string> tombstones_;
  std::set<std::string> live_;
  std::set<std::string> ever_;
  std::vector<std::string> undone_;
  std::vector<SendRequest> late_;
};

}  // namespace skald::saga
