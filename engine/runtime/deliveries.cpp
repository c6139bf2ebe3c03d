#include "engine/runtime/deliveries.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace skald::runtime {
namespace {

void add(std::vector<ports::NewDelivery>& deliveries, const saga::Event& event, const saga::StepCompleted& completed,
         const saga::State& state, const definition::OperationCatalog& operations) {
  const auto type = completed.emitted->json().at("type").get<std::string>();
  for (const auto& sink : sinks_of(operations)) {
    const auto found = operations.sinks.find(sink);
    if (found != operations.sinks.end() && !found->second.takes(type)) continue;
    deliveries.push_back({.workflow = state.namespace_name + "/" + state.name + ":" + state.version,
                          .step = completed.step,
                          .sink = sink,
                          .envelope = std::string(completed.emitted->text()),
                          .emitted_at = event.at});
  }
}

}  // namespace

std::vector<std::string> sinks_of(const definition::OperationCatalog& operations) {
  std::vector<std::string> sinks = {""};
  for (const auto& [name, sink] : operations.sinks) sinks.push_back(name);
  return sinks;
}

std::vector<ports::NewDelivery> deliveries_of(const std::vector<saga::Event>& events, const saga::State& state,
                                              const definition::OperationCatalog& operations) {
  std::vector<ports::NewDelivery> deliveries;
  for (const auto& event : events) {
    const auto* completed = std::get_if<saga::StepCompleted>(&event.data);
    if (completed != nullptr && completed->emitted) add(deliveries, event, *completed, state, operations);
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
