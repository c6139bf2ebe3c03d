#include "engine/runtime/event_filters.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace skald::runtime {

std::vector<ports::StoredFilter> filters_of(const definition::Definition& definition) {
  std::map<std::string, ports::StoredFilter> filters;
  for (const auto& [path, step] : definition.by_path) {
    const auto* listen = std::get_if<definition::ListenStep>(&step->kind);
    if (!listen) continue;
    for (const auto& [filter, expects, open] : listen->patterns) {
      filters[filter.shape()] = {.shape = filter.shape(), .type = filter.type(), .filter = filter.stored()};
    }
  }
  std::vector<ports::StoredFilter> list;
  for (auto& [shape, filter] : filters) list.push_back(std::move(filter));
  return list;
}

Result<std::vector<ports::EventKey>> EventFilters::keys_of(ports::EventStore& store, const Json& event) {
  const auto stored = store.list_filters(event.at("type").get<std::string>());
  if (!stored) return std::unexpected(stored.error());
  std::vector<ports::EventKey> keys;
  for (const auto& text : *stored) {
    const auto filter = compiled(text);
    if (!filter || !filter->matches(event)) continue;
    if (auto key = filter->key_of(event)) keys.push_back({.shape = filter->shape(), .key = std::move(*key)});
  }
  return keys;
}

std::shared_ptr<const definition::EventFilter> EventFilters::compiled(const std::string& stored) {
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = compiled_.try_emplace(stored);
  if (!is_new) return entry->second;
  if (auto filter = definition::EventFilter::parse(stored)) {
    entry->second = std::make_shared<const definition::EventFilter>(std::move(*filter));
  }
  return entry->second;
}

}  // namespace skald::runtime
