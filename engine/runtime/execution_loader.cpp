#include "engine/runtime/execution_loader.hpp"

#include <fmt/format.h>

#include <exception>

#include "engine/runtime/history_rows.hpp"
#include "engine/saga/apply.hpp"

namespace skald::runtime {
namespace {

constexpr std::size_t kHistoryPage = 500;

// Calls take(event) for each event of the history, in order.
template <class Take>
Result<void> each_event(ports::HistoryStore& store, const ExecutionId& id, Take take) {
  std::uint64_t position = 0;
  while (true) {
    auto rows = store.read_history(id, position, kHistoryPage);
    if (!rows) return std::unexpected(std::move(rows.error()));
    for (auto& row : *rows) {
      if (row.position != position + 1) {
        return failure("history.unreadable", fmt::format("position {} follows {}", row.position, position),
                       to_string(id));
      }
      position = row.position;
      auto event = to_event(std::move(row));
      if (!event) {
        event.error().subject = fmt::format("{} position {}", to_string(id), position);
        return std::unexpected(std::move(event.error()));
      }
      take(std::move(*event));
    }
    if (rows->size() < kHistoryPage) break;
  }
  if (position == 0) return failure("execution.unknown", "there is no such execution", to_string(id));
  return {};
}

// Whatever a stored history makes the engine throw stays with that execution.
template <class Read>
auto contained(const ExecutionId& id, Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const std::exception& error) {
    return failure("history.unreadable", "the history cannot be folded", to_string(id), {}, error.what());
  }
}

}  // namespace

Result<std::vector<saga::Event>> read_events(ports::HistoryStore& store, const ExecutionId& id) {
  return contained(id, [&]() -> Result<std::vector<saga::Event>> {
    std::vector<saga::Event> events;
    auto read = each_event(store, id, [&](saga::Event event) { events.push_back(std::move(event)); });
    if (!read) return std::unexpected(std::move(read.error()));
    return events;
  });
}

Result<saga::State> read_state(ports::HistoryStore& store, const ExecutionId& id) {
  return contained(id, [&]() -> Result<saga::State> {
    saga::State state{.id = id};
    auto read = each_event(store, id, [&](const saga::Event& event) { saga::apply(state, event); });
    if (!read) return std::unexpected(std::move(read.error()));
    return state;
  });
}

Result<LoadedExecution> load_execution(ports::HistoryStore& store, Definitions& definitions, const ExecutionId& id) {
  auto row = store.read_execution(id);
  if (!row) return std::unexpected(std::move(row.error()));
  auto state = read_state(store, id);
  if (!state) return std::unexpected(std::move(state.error()));
  return contained(id, [&]() -> Result<LoadedExecution> {
    auto definition = definitions.by_digest(state->digest);
    if (!definition) return std::unexpected(std::move(definition.error()));
    return LoadedExecution{
        .state = std::move(*state), .definition = std::move(*definition), .summary = std::move(row->summary)};
  });
}

}  // namespace skald::runtime
