#include "storage/memory_events.hpp"

#include <algorithm>

namespace skald::storage {

using namespace ports;

void MemoryEvents::add_filters(const std::vector<StoredFilter>& filters) {
  for (const auto& filter : filters) filters_.emplace(filter.shape, filter);
}

void MemoryEvents::subscribe(const ExecutionId& execution, const std::vector<Subscription>& subscriptions) {
  std::erase_if(subscriptions_, [&](const auto& known) { return known.second.execution == execution; });
  for (const auto& [step, key] : subscriptions) subscriptions_.insert({key, Listener{execution, step}});
}

std::vector<std::string> MemoryEvents::list_filters(const std::string& type) const {
  std::vector<std::string> found;
  for (const auto& [shape, filter] : filters_) {
    if (filter.type.empty() || filter.type == type) found.push_back(filter.filter);
  }
  return found;
}

std::optional<std::uint64_t> MemoryEvents::put(const NewEvent& event) {
  const auto is_same = [&](const auto& known) {
    return known.second.event.source == event.source && known.second.event.id == event.id;
  };
  if (std::ranges::any_of(events_, is_same)) return std::nullopt;
  events_[++last_number_] = Kept{event, std::nullopt};
  return last_number_;
}

void MemoryEvents::settle(std::uint64_t number, EventFate fate) {
  const auto it = events_.find(number);
  if (it == events_.end()) return;
  if (it->second.fate && fate != EventFate::kTaken) return;
  it->second.fate = fate;
  if (fate == EventFate::kTaken) it->second.event.keys.clear();
  if (fate == EventFate::kDropped) events_.erase(it);
}

std::vector<StoredEvent> MemoryEvents::list_new(Timestamp received_before, std::uint64_t after,
                                                std::size_t limit) const {
  std::vector<StoredEvent> found;
  for (const auto& [number, kept] : events_) {
    if (found.size() == limit) break;
    if (kept.fate || number <= after || kept.event.received_at >= received_before) continue;
    found.push_back({.number = number, .envelope = kept.event.envelope, .keys = kept.event.keys});
  }
  return found;
}

std::vector<StoredEvent> MemoryEvents::find(const std::vector<EventWish>& wishes, std::uint64_t after,
                                            std::size_t limit) const {
  std::vector<StoredEvent> found;
  for (const auto& [number, kept] : events_) {
    const auto& event = kept.event;
    StoredEvent match{.number = number, .envelope = event.envelope, .keys = {}};
    for (const auto& [key, since] : wishes) {
      const bool has_it = std::ranges::find(event.keys, key) != event.keys.end();
      if (has_it && event.received_at >= since) match.keys.push_back(key);
    }
    if (number > after && found.size() < limit && !match.keys.empty()) found.push_back(std::move(match));
  }
  return found;
}

std::vector<Listener> MemoryEvents::list_listeners(const EventKey& key, const std::optional<Listener>& after,
                                                   std::size_t limit) const {
  std::vector<Listener> found;
  for (const auto& [subscribed, listener] : subscriptions_) {
    if (subscribed == key && (!after || listener > *after) && found.size() < limit) found.push_back(listener);
  }
  return found;
}

std::uint64_t MemoryEvents::count_kept() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(events_, [](const auto& known) { return known.second.fate == EventFate::kKept; }));
}

std::vector<std::uint64_t> MemoryEvents::remove(Timestamp received_before, std::size_t limit) {
  std::vector<std::uint64_t> removed;
  std::erase_if(events_, [&](const auto& known) {
    const bool goes = removed.size() < limit && known.second.event.received_at < received_before;
    if (goes) removed.push_back(known.first);
    return goes;
  });
  return removed;
}

}  // namespace skald::storage
