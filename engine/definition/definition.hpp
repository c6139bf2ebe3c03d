// A workflow definition: what a YAML document means, checked, compiled and immutable.
//
// Made by load() and shared (std::shared_ptr<const Definition>) by every execution that started with it, from any
// thread. Start reading here, then step.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/payload.hpp"
#include "engine/definition/documents.hpp"
#include "engine/definition/schedule/schedule.hpp"
#include "engine/definition/step.hpp"

namespace skald::definition {

// What an execution is about: for `within` from its start no other one starts for the same, unless it ends in another
// way than by completing.
struct UniqueStart {
  expression::Expression key;
  Millis within{};
};

// The saga extension's workflow-wide settings.
struct SagaOptions {
  enum class OnError { kSuspend, kContinue };  // when an undo cannot succeed
  enum class Order { kReverse, kParallel };

  bool on_fault = true;  // compensation.triggers
  bool on_timeout = true;
  bool on_cancel = true;
  Order order = Order::kReverse;
  OnError on_error = OnError::kSuspend;
  RetryPolicy retry;                                // of the undos: 1 s doubled, capped at 1 min, for 24 h
  std::optional<Millis> timeout;                    // of the whole compensation; raises an incident
  std::optional<expression::Expression> cancel_if;  // when it does not hold, nobody may cancel
  std::optional<UniqueStart> unique;
  StatusLabels status;
};

struct Definition {
  std::string namespace_name;
  std::string name;
  std::string version;  // semantic version
  std::string title;
  std::string summary;

  std::string source;   // the bytes it was loaded from
  Documents documents;  // that it names, and was loaded with
  std::string digest;   // 64 hex digits: digest_of(source, documents)
  Payload written;      // `source` as JSON, where some expression may look at it; else null

  DataFlow data;  // input.{from,schema} and output.{as,schema} of the workflow
  std::optional<Duration> timeout;
  SagaOptions saga;
  std::optional<Schedule> schedule;  // absent: it starts when somebody asks for it
  std::vector<Step> steps;           // the top-level `do`
  bool uses_callbacks = false;       // some expression reads $callbacks
  std::vector<std::string> secrets;  // use.secrets: names

  // Every step by its static path, undo steps included. Pointers into `steps`.
  std::unordered_map<std::string, const Step*> by_path;

  const Step* find(const std::string& path) const {
    const auto it = by_path.find(path);
    return it == by_path.end() ? nullptr : it->second;
  }
};

using DefinitionPtr = std::shared_ptr<const Definition>;

}  // namespace skald::definition
