#include "adapters/samples/faults.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "engine/base/duration.hpp"

namespace skald::samples {
namespace {

using nlohmann::json;

constexpr long long kDelayMsMax = 600'000;
constexpr std::array<std::pair<std::string_view, FaultMode>, 7> kModes = {{{"refuse", FaultMode::kRefuse},
                                                                           {"error", FaultMode::kError},
                                                                           {"delay", FaultMode::kDelay},
                                                                           {"late", FaultMode::kLate},
                                                                           {"lostReply", FaultMode::kLostReply},
                                                                           {"garbage", FaultMode::kGarbage},
                                                                           {"down", FaultMode::kDown}}};

[[noreturn]] void refuse(const std::string& text) {
  throw std::invalid_argument(text);
}

FaultMode mode_of(const std::string& word) {
  const auto* it = std::ranges::find(kModes, std::string_view(word), &decltype(kModes)::value_type::first);
  if (it == kModes.end()) {
    refuse("mode must be refuse, error, delay, late, lostReply, garbage or down (got '" + word + "')");
  }
  return it->second;
}

std::string text_of(const json& rule, const char* name) {
  const auto it = rule.find(name);
  if (it == rule.end()) return {};
  if (!it->is_string()) refuse(std::string(name) + " must be a string");
  return it->get<std::string>();
}

long long number_of(const json& rule, const char* name, long long fallback, long long low, long long high) {
  const auto it = rule.find(name);
  if (it == rule.end()) return fallback;
  if (!it->is_number_integer() || *it < low || *it > high) {
    refuse(std::string(name) + " must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return it->get<long long>();
}

double probability_of(double value) {
  if (!(value >= 0 && value <= 1)) refuse("probability must be a number from 0 to 1");
  return value;
}

int status_of(const std::string& text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (error != std::errc() || end != text.data() + text.size() || status < 400 || status > 599) {
    refuse("fail must be a status from 400 to 599 (got '" + text + "')");
  }
  return status;
}

std::chrono::milliseconds delay_of(const char* name, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration || duration->count() > kDelayMsMax) {
    refuse(std::string(name) + " must be a duration of at most PT10M (got '" + text + "')");
  }
  return std::chrono::milliseconds(duration->count());
}

std::optional<Fault> from_query(const HttpRequest& request) {
  const auto find = [&](const char* name) {
    const auto it = request.query.find(name);
    return it == request.query.end() ? nullptr : &it->second;
  };
  Fault fault;
  bool asked = true;
  if (const auto* status = find("fail")) {
    fault.status = status_of(*status);
    fault.mode = fault.status >= 500 ? FaultMode::kError : FaultMode::kRefuse;
  } else if (find("down")) {
    fault.mode = FaultMode::kDown;
  } else if (find("lost")) {
    fault.mode = FaultMode::kLostReply;
  } else if (find("garbage")) {
    fault.mode = FaultMode::kGarbage;
  } else {
    asked = false;
    fault.mode = find("late") ? FaultMode::kLate : FaultMode::kDelay;
  }
  for (const char* name : {"delay", "late"}) {
    if (const auto* delay = find(name)) {
      fault.delay = delay_of(name, *delay);
      asked = true;
    }
  }
  if (!asked) return std::nullopt;
  if (const auto* text = find("probability")) {
    char* end = nullptr;
    const double value = std::strtod(text->c_str(), &end);
    if (text->empty() || *end != '\0') refuse("probability must be a number from 0 to 1");
    fault.probability = probability_of(value);
  }
  return fault;
}

}  // namespace

void Faults::add(const json& rule) {
  if (!rule.is_object()) refuse("the body must be a JSON object");
  constexpr std::array<std::string_view, 8> kKnown = {"service", "operation", "orderId",     "mode",
                                                      "status",  "delayMs",   "probability", "count"};
  for (const auto& [name, value] : rule.items()) {
    if (std::ranges::find(kKnown, name) == kKnown.end()) refuse("unknown member '" + name + "'");
  }
  Fault fault;
  fault.service = text_of(rule, "service");
  fault.operation = text_of(rule, "operation");
  fault.order_id = text_of(rule, "orderId");
  fault.mode = mode_of(text_of(rule, "mode"));
  fault.status = static_cast<int>(number_of(rule, "status", fault.mode == FaultMode::kError ? 500 : 409, 400, 599));
  fault.delay = std::chrono::milliseconds(number_of(rule, "delayMs", 0, 0, kDelayMsMax));
  fault.count = number_of(rule, "count", -1, 1, 1'000'000'000);
  if (const auto it = rule.find("probability"); it != rule.end()) {
    if (!it->is_number()) refuse("probability must be a number from 0 to 1");
    fault.probability = probability_of(it->get<double>());
  }
  rules_.push_back(std::move(fault));
}

json Faults::list() const {
  json rules = json::array();
  for (const auto& rule : rules_) {
    const auto* mode = std::ranges::find(kModes, rule.mode, &decltype(kModes)::value_type::second);
    rules.push_back({{"service", rule.service},
                     {"operation", rule.operation},
                     {"orderId", rule.order_id},
                     {"mode", mode->first},
                     {"status", rule.status},
                     {"delayMs", rule.delay.count()},
                     {"probability", rule.probability},
                     {"left", rule.count < 0 ? json() : json(rule.count)}});
  }
  return rules;
}

std::optional<Fault> Faults::strike(const FaultSubject& subject, const HttpRequest& request) {
  auto asked = from_query(request);
  for (auto it = rules_.begin(); it != rules_.end(); ++it) {
    const bool fits = (it->service.empty() || it->service == subject.service) &&
                      (it->operation.empty() || it->operation == (subject.undoes ? "undo" : "do") ||
                       it->operation == subject.operation) &&
                      (it->order_id.empty() || it->order_id == subject.order_id);
    if (!fits || !happens(it->probability)) continue;
    Fault fault = *it;
    if (it->count > 0 && --it->count == 0) rules_.erase(it);
    return fault;
  }
  if (asked && happens(asked->probability)) return asked;
  return std::nullopt;
}

bool Faults::happens(double probability) {
  return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
}

}  // namespace skald::samples
