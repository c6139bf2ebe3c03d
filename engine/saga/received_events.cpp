#include "engine/saga/received_events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/invariant.hpp"

namespace skald::saga {
namespace {

using definition::ListenStep;

Json read_event(ListenStep::Read how, const Json& event) {
  if (how == ListenStep::Read::kEnvelope) return event;
  if (const auto encoded = event.find("data_base64"); encoded != event.end()) return *encoded;
  const auto data = event.find("data");
  if (data == event.end()) return nullptr;
  return how == ListenStep::Read::kRaw && !data->is_string() ? Json(dump_json(*data)) : *data;
}

}  // namespace

std::size_t count_items(const ListenStep& kind, const StepState& step) {
  const auto count =
      std::ranges::count_if(step.events, [&](const auto& taken) { return !kind.only_ends(taken.pattern); });
  return static_cast<std::size_t>(count);
}

Json item_of(const ListenStep& kind, const StepState& step, std::uint32_t round) {
  if (!step.items.is_null()) return step.items.json().at(round - 1);
  std::uint32_t place = 0;
  for (const auto& taken : step.events) {
    if (!kind.only_ends(taken.pattern) && ++place == round) return read_event(kind.read, taken.event.json());
  }
  SKALD_INVARIANT(place >= round);
  return nullptr;
}

Payload items_of(const ListenStep& kind, const StepState& step) {
  if (!step.items.is_null()) return step.items;
  Json list = Json::array();
  for (const auto& taken : step.events) {
    if (!kind.only_ends(taken.pattern)) list.push_back(read_event(kind.read, taken.event.json()));
  }
  return Payload::from_json(std::move(list));
}

}  // namespace skald::saga
