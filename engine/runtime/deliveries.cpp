#include "engine/runtime/deliveries.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/runtime/lifecycle_events.hpp"
#include "engine/runtime/run_messages.hpp"

namespace skald::runtime {
namespace {

std::string workflow_of(const saga::State& state) {
  return state.namespace_name + "/" + state.name + ":" + state.version;
}

const saga::StepCompleted* emitting(const saga::Event& event) {
  const auto* completed = std::get_if<saga::StepCompleted>(&event.data);
  return completed != nullptr && completed->emitted ? completed : nullptr;
}

// That has something to say; the whole execution where it is its end.
std::string step_of(const saga::Event& event) {
  return std::visit(
      [](const auto& data) {
        if constexpr (requires { data.step; }) return data.step;
        return std::string();
      },
      event.data);
}

void add(std::vector<ports::NewDelivery>& deliveries, const saga::Event& event, const saga::StepCompleted& completed,
         const saga::State& state, const definition::OperationCatalog& operations) {
  const auto type = completed.emitted->json().at("type").get<std::string>();
  for (const auto& sink : sinks_of(operations)) {
    if (sink == ports::kRunsSink) continue;
    const auto found = operations.sinks.find(sink);
    if (found != operations.sinks.end() && !found->second.takes(type)) continue;
    deliveries.push_back({.workflow = workflow_of(state),
                          .step = completed.step,
                          .sink = sink,
                          .envelope = std::string(completed.emitted->text()),
                          .emitted_at = event.at});
  }
}

// Each has a step of its own, of a name that no step of a document has: a sink tells them by their keys.
void add_lifecycle(std::vector<ports::NewDelivery>& deliveries, const saga::Event& event, std::uint64_t position,
                   const saga::State& state, const definition::Definition* definition,
                   const definition::OperationCatalog& operations) {
  const auto made = lifecycle_event_of(event, position, state, definition);
  if (!made) return;
  for (const auto& [name, sink] : operations.sinks) {
    if (!takes_lifecycle_event(sink, made->type)) continue;
    deliveries.push_back({.workflow = workflow_of(state),
                          .step = "lifecycle." + std::to_string(position),
                          .sink = name,
                          .envelope = made->envelope,
                          .emitted_at = event.at});
  }
}

}  // namespace

std::vector<std::string> sinks_of(const definition::OperationCatalog& operations) {
  std::vector<std::string> sinks = {"", std::string(ports::kRunsSink)};
  for (const auto& [name, sink] : operations.sinks) sinks.push_back(name);
  return sinks;
}

std::vector<ports::NewDelivery> deliveries_of(const std::vector<saga::Event>& events, const saga::State& state,
                                              const definition::Definition* definition,
                                              const definition::OperationCatalog& operations) {
  std::vector<ports::NewDelivery> deliveries;
  const bool tells_lifecycle = wants_lifecycle_events(operations);
  std::uint64_t position = state.position - events.size();
  for (const auto& event : events) {
    ++position;
    if (const auto* completed = emitting(event)) add(deliveries, event, *completed, state, operations);
    if (tells_lifecycle) add_lifecycle(deliveries, event, position, state, definition, operations);
    if (const auto message = message_of(event, state)) {
      deliveries.push_back({.workflow = workflow_of(state),
                            .step = step_of(event),
                            .sink = std::string(ports::kRunsSink),
                            .envelope = encode_message(*message),
                            .emitted_at = event.at});
    }
  }
  return deliveries;
}

saga::RequestPtr request_for(const ports::NewDelivery& delivery, const definition::OperationCatalog& operations) {
  const auto sink = operations.sinks.find(delivery.sink);
  if (sink == operations.sinks.end()) return nullptr;
  const auto* operation = operations.find(delivery.sink, sink->second.operation);
  if (operation == nullptr) return nullptr;
  auto request = std::make_shared<saga::Request>();
  request->adapter = delivery.sink;
  request->operation = sink->second.operation;
  request->method = operation->method;
  request->target = operation->path;
  request->headers = {{"Content-Type", "application/cloudevents+json"}};
  request->body = delivery.envelope;
  return request;
}

}  // namespace skald::runtime
