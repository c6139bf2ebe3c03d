#include "storage/memory_collections.hpp"

#include <algorithm>
#include <vector>

namespace skald::storage {

using namespace ports;

StoredCollection MemoryCollections::read(const CollectionKey& key, std::uint64_t event) const {
  StoredCollection found;
  if (const auto it = collections_.find({key.workflow, key.key}); it != collections_.end()) {
    found.revision = it->second.revision;
    found.state = it->second.state;
  }
  const auto those_who_had = collected_.find(event);
  found.has_event = those_who_had != collected_.end() && those_who_had->second.contains(key.workflow);
  return found;
}

bool MemoryCollections::write(const CollectionKey& key, const CollectionWrite& write) {
  const auto it = collections_.find({key.workflow, key.key});
  if (write.revision != (it == collections_.end() ? 0 : it->second.revision)) return false;
  if (write.event && !collected_[*write.event].insert(key.workflow).second) return false;
  if (it == collections_.end()) {
    collections_[{key.workflow, key.key}] = {first_revision(write), write.state, write.at};
  } else if (write.state.empty()) {
    collections_.erase(it);
  } else {
    it->second = {write.revision + 1, write.state, write.at};
  }
  return true;
}

std::uint64_t MemoryCollections::remove(Timestamp written_before, std::size_t limit) {
  std::vector<std::pair<Timestamp, Key>> old;
  for (const auto& [key, kept] : collections_) {
    if (kept.written_at < written_before) old.emplace_back(kept.written_at, key);
  }
  std::ranges::sort(old);
  if (old.size() > limit) old.resize(limit);
  for (const auto& [written_at, key] : old) collections_.erase(key);
  return old.size();
}

}  // namespace skald::storage
