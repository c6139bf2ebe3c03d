// What this process works on, remembered beyond its end: an execution that it has in hand when it dies, and again when
// the next one dies, is the suspected cause.
//
// Thread rule: any thread. Life cycle: opened before the engine, closed after it.
#pragma once

#include "engine/base/ids.hpp"

namespace skald::ports {

class InHand {
 public:
  virtual ~InHand() = default;

  // This thread begins work on an execution, or ends it. One at a time; cheap enough for every step.
  virtual void take(const ExecutionId& id) noexcept = 0;
  virtual void put_down() noexcept = 0;

  // Processes have died so often with it in hand that it is to be left alone.
  virtual bool is_suspected(const ExecutionId& id) const noexcept = 0;
};

// Remembers nothing.
class NothingInHand final : public InHand {
 public:
  void take(const ExecutionId&) noexcept override {}
  void put_down() noexcept override {}
  bool is_suspected(const ExecutionId&) const noexcept override { return false; }
};

// In hand as long as it lives.
class Holding {
 public:
  Holding(InHand& in_hand, const ExecutionId& id) : in_hand_(in_hand) { in_hand_.take(id); }
  ~Holding() { in_hand_.put_down(); }
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

 private:
  InHand& in_hand_;
};

}  // namespace skald::ports
