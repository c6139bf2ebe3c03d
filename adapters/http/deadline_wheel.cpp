#include "adapters/http/deadline_wheel.hpp"

#include <algorithm>

namespace skald::adapters {

void DeadlineWheel::Link::unlink() {
  previous->next = next;
  next->previous = previous;
  previous = next = this;
}

void DeadlineWheel::Link::insert_before(Link& place) {
  previous = place.previous;
  next = &place;
  place.previous->next = this;
  place.previous = this;
}

DeadlineWheel::Entry::~Entry() {
  if (wheel_) wheel_->disarm(*this);
}

DeadlineWheel::DeadlineWheel(boost::asio::io_context& loop, ports::Clock& clock) : clock_(clock), timer_(loop) {}

DeadlineWheel::~DeadlineWheel() {
  *alive_ = false;
  for (auto& slot : slots_) {
    while (slot.is_linked()) {
      static_cast<Entry*>(slot.next)->wheel_ = nullptr;
      slot.next->unlink();
    }
  }
}

void DeadlineWheel::arm(Entry& entry, Steady due) {
  disarm(entry);
  entry.wheel_ = this;
  entry.due_ = due;
  ++armed_;
  if (!running_) start();
  // Not into a slot that was swept already: it would wait for a whole turn.
  const auto tick = std::max(tick_of(due), swept_);
  entry.insert_before(slots_[static_cast<std::size_t>(tick) % kSlots]);
}

void DeadlineWheel::disarm(Entry& entry) {
  if (!entry.is_linked()) return;
  entry.unlink();
  entry.wheel_ = nullptr;
  --armed_;
}

void DeadlineWheel::start() {
  running_ = true;
  swept_ = tick_of(clock_.steady());
  timer_.expires_after(kTick);
  timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
    if (!error && *alive) tick();
  });
}

void DeadlineWheel::tick() {
  const Steady now = clock_.steady();
  const auto last = tick_of(now);  // still running, so it is left for the next turn
  Link due;
  for (auto tick = std::max(swept_, last - static_cast<std::int64_t>(kSlots)); tick < last; ++tick) {
    Link& slot = slots_[static_cast<std::size_t>(tick) % kSlots];
    for (Link* link = slot.next; link != &slot;) {
      Link* next = link->next;
      if (static_cast<Entry*>(link)->due_ <= now) {
        link->unlink();
        link->insert_before(due);
      }
      link = next;
    }
  }
  swept_ = last;
  while (due.is_linked()) {
    auto& entry = *static_cast<Entry*>(due.next);
    disarm(entry);
    entry.expired();
  }
  running_ = armed_ > 0;
  if (!running_) return;
  timer_.expires_after(kTick);
  timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
    if (!error && *alive) tick();
  });
}

}  // namespace skald::adapters
