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

std::unexpected<Error> full(const ports::CollectionKey& key) {
  return failure("events.full", "too many events wait for others that they start executions with",
                 key.workflow.namespace_name + "/" + key.workflow.name, "send it again later");
}

}  // namespace

Result<Collected> collect(ports::EventStore& store, const Collectible& it, Timestamp now) {
  auto json = parse_json(it.event.envelope);
  if (!json) return std::unexpected(std::move(json.error()));
  for (int tries = 0; tries < kRacesMax; ++tries) {
    const auto stored = store.read_collection(it.key, it.event.number);
    if (!stored) return std::unexpected(stored.error());
    auto collection = EventCollection::parse(stored->state);
    if (!collection) return std::unexpected(std::move(collection.error()));
    if (stored->has_event) return Collected{.is_taken = true, .ready = collection->ready()};
    auto added = collection->add(it.rule, it.match, *json);
    if (!added) return std::unexpected(std::move(added.error()));
    if (!*added) return Collected{};
    const bool is_new = stored->revision == 0;
    if (is_new && !it.may_begin) return full(it.key);
    const auto written = store.write_collection(
        it.key, {.revision = stored->revision, .state = collection->text(), .event = it.event.number, .at = now});
    if (!written) return std::unexpected(written.error());
    if (*written) return Collected{.is_taken = true, .is_new = is_new, .ready = collection->ready()};
  }
  return busy(it.key);
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
