#include "storage/memory_outbox.hpp"

#include <algorithm>
#include <utility>

namespace skald::storage {

using namespace ports;

void MemoryOutbox::add(const ExecutionId& execution, const NewDelivery& delivery) {
  const auto number = ++last_number_;
  deliveries_[number] = {.delivery = {.number = number, .execution = execution, .what = delivery}, .due_at = {}};
}

std::vector<Delivery> MemoryOutbox::list_due(const std::string& sink, const ShardSet& shards, Timestamp now,
                                             const std::vector<ExecutionId>& left_out, std::size_t limit) const {
  std::map<ExecutionId, Timestamp> latest;  // of those before, by execution
  std::vector<const Kept*> due;
  for (const auto& [number, kept] : deliveries_) {
    const auto& execution = kept.delivery.execution;
    if (kept.delivery.what.sink != sink || std::ranges::find(left_out, execution) != left_out.end()) continue;
    auto& before = latest.try_emplace(execution, Timestamp{}).first->second;
    const bool has_its_turn = before <= kept.due_at;
    before = std::max(before, kept.due_at);
    if (has_its_turn && kept.due_at <= now && shards[shard_of(execution)]) due.push_back(&kept);
  }
  std::ranges::sort(due, {}, [](const Kept* kept) { return std::pair(kept->due_at, kept->delivery.number); });
  if (due.size() > limit) due.resize(limit);
  std::vector<Delivery> found;
  for (const auto* kept : due) found.push_back(kept->delivery);
  return found;
}

void MemoryOutbox::settle(const std::vector<std::uint64_t>& delivered, const std::vector<Postponement>& postponed) {
  for (const auto number : delivered) deliveries_.erase(number);
  for (const auto& postponement : postponed) {
    const auto first = deliveries_.find(postponement.number);
    if (first == deliveries_.end()) continue;
    ++first->second.delivery.attempts;
    for (auto it = first; it != deliveries_.end(); ++it) {
      auto& [delivery, due_at] = it->second;
      const auto& head = first->second.delivery;
      if (delivery.execution == head.execution && delivery.what.sink == head.what.sink) due_at = postponement.due_at;
    }
  }
}

std::vector<OutboxLevel> MemoryOutbox::measure(const ShardSet& shards) const {
  std::map<std::string, OutboxLevel> levels;
  for (const auto& [number, kept] : deliveries_) {
    const auto& what = kept.delivery.what;
    if (!shards[shard_of(kept.delivery.execution)]) continue;
    auto& level = levels.try_emplace(what.sink, OutboxLevel{what.sink, 0, what.emitted_at}).first->second;
    ++level.count;
    level.oldest = std::min(level.oldest, what.emitted_at);
  }
  std::vector<OutboxLevel> found;
  for (const auto& [sink, level] : levels) found.push_back(level);
  return found;
}

}  // namespace skald::storage
