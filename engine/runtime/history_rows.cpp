#include "engine/runtime/history_rows.hpp"

#include "engine/saga/event_codec.hpp"

namespace skald::runtime {

std::vector<ports::HistoryRow> to_rows(const std::vector<saga::Event>& events, std::uint64_t after_position) {
  std::vector<ports::HistoryRow> rows;
  rows.reserve(events.size());
  for (const auto& event : events) {
    auto encoded = saga::encode(event.data);
    rows.push_back(ports::HistoryRow{.position = ++after_position,
                                     .epoch = event.epoch,
                                     .at = event.at,
                                     .kind = std::string(encoded.kind),
                                     .version = encoded.version,
                                     .step = std::move(encoded.step),
                                     .attempt = encoded.attempt,
                                     .actor = event.actor,
                                     .data = std::move(encoded.data)});
  }
  return rows;
}

Result<saga::Event> to_event(ports::HistoryRow row) {
  auto data = saga::decode(row.kind, row.version, std::move(row.step), row.attempt, row.data);
  if (!data) return std::unexpected(std::move(data.error()));
  return saga::Event{.at = row.at, .epoch = row.epoch, .actor = std::move(row.actor), .data = std::move(*data)};
}

}  // namespace skald::runtime
