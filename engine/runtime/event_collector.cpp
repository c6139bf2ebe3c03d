#include "engine/runtime/event_collector.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace skald::runtime {
namespace {

// Whoever comes in between has brought in something: this many times is a crowd.
constexpr int kRacesMax = 100;

std::unexpected<Error> busy(const ports::CollectionKey& key) {
  return failure("engine.busy", "too many events come at once for what a workflow collects",
                 key.workflow.namespace_name + "/" + key.workflow.name);
}

}  // namespace

Result<Collected> collect(ports::EventStore& store, const ports::CollectionKey& key,
                          const definition::Schedule::On& rule, const EventMatch& match,
                          const ports::StoredEvent& event, Timestamp now) {
  auto json = parse_json(event.envelope);
  if (!json) return std::unexpected(std::move(json.error()));
  for (int tries = 0; tries < kRacesMax; ++tries) {
    const auto stored = store.read_collection(key, event.number);
    if (!stored) return std::unexpected(stored.error());
    auto collection = EventCollection::parse(stored->state);
    if (!collection) return std::unexpected(std::move(collection.error()));
    if (stored->has_event) return Collected{.is_taken = true, .ready = collection->ready()};
    auto added = collection->add(rule, match, *json);
    if (!added) return std::unexpected(std::move(added.error()));
    if (!*added) return Collected{};
    const auto written = store.write_collection(
        key, {.revision = stored->revision, .state = collection->text(), .event = event.number, .at = now});
    if (!written) return std::unexpected(written.error());
    if (*written) return Collected{.is_taken = true, .ready = collection->ready()};
  }
  return busy(key);
}

Result<void> forget(ports::EventStore& store, const ports::CollectionKey& key, const std::vector<Json>& started,
                    Timestamp now) {
  for (int tries = 0; tries < kRacesMax; ++tries) {
    const auto stored = store.read_collection(key, 0);
    if (!stored) return std::unexpected(stored.error());
    auto collection = EventCollection::parse(stored->state);
    if (!collection) return std::unexpected(std::move(collection.error()));
    for (const auto& events : started) collection->forget(events);
    auto text = collection->text();
    if (text == stored->state) return {};
    const auto written = store.write_collection(
        key, {.revision = stored->revision, .state = std::move(text), .event = std::nullopt, .at = now});
    if (!written) return std::unexpected(written.error());
    if (*written) return {};
  }
  return busy(key);
}

}  // namespace skald::runtime
