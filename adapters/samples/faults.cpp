#include "adapters/samples/faults.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/base/duration.hpp"

namespace skald::samples {
namespace {

FaultMode mode_of(const std::string& word) {
  static const std::map<std::string, FaultMode> modes = {
      {"refuse", FaultMode::kRefuse},       {"error", FaultMode::kError},     {"delay", FaultMode::kDelay},
      {"lostReply", FaultMode::kLostReply}, {"garbage", FaultMode::kGarbage}, {"down", FaultMode::kDown}};
  const auto it = modes.find(word);
  if (it == modes.end()) {
    throw std::invalid_argument("mode must be refuse, error, delay, lostReply, garbage or down (got '" + word + "')");
  }
  return it->second;
}

int millis_of(const std::string& text) {
  if (const auto duration = parse_duration(text)) return static_cast<int>(duration->count());
  return std::atoi(text.c_str());
}

std::optional<Fault> from_query(const HttpRequest& request) {
  const auto find = [&](const char* name) {
    const auto it = request.query.find(name);
    return it == request.query.end() ? std::optional<std::string>() : std::optional(it->second);
  };
  Fault fault;
  fault.probability = find("probability") ? std::atof(find("probability")->c_str()) : 1.0;
  if (const auto status = find("fail")) {
    fault.status = std::atoi(status->c_str());
    fault.mode = fault.status >= 500 ? FaultMode::kError : FaultMode::kRefuse;
  } else if (find("down")) {
    fault.mode = FaultMode::kDown;
  } else if (find("lost")) {
    fault.mode = FaultMode::kLostReply;
  } else if (!find("delay")) {
    return std::nullopt;
  } else {
    fault.mode = FaultMode::kDelay;
  }
  if (const auto delay = find("delay")) fault.delay_ms = millis_of(*delay);
  return fault;
}

}  // namespace

void Faults::add(const nlohmann::json& rule) {
  Fault fault;
  fault.service = rule.value("service", "");
  fault.operation = rule.value("operation", "");
  fault.order_id = rule.value("orderId", "");
  fault.mode = mode_of(rule.value("mode", "refuse"));
  fault.status = rule.value("status", fault.mode == FaultMode::kError ? 500 : 409);
  fault.delay_ms = rule.value("delayMs", 0);
  fault.probability = rule.value("probability", 1.0);
  fault.count = rule.value("count", -1);
  const std::lock_guard lock(mutex_);
  rules_.push_back(std::move(fault));
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

std::optional<Fault> Faults::strike(const std::string& service, const std::string& operation,
                                    const std::string& order_id, const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto happens = [&](double probability) {
    return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
  };
  if (const auto asked = from_query(request); asked && happens(asked->probability)) return asked;
  for (auto& rule : rules_) {
    const bool fits = (rule.service.empty() || rule.service == service) &&
                      (rule.operation.empty() || rule.operation == operation) &&
                      (rule.order_id.empty() || rule.order_id == order_id) && rule.count != 0;
    if (!fits || !happens(rule.probability)) continue;
    if (rule.count > 0) --rule.count;
    return rule;
  }
  return std::nullopt;
}

}  // namespace skald::samples
