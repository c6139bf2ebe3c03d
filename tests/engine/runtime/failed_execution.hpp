// An execution that failed, and what asks for its replay.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "tests/engine/runtime/runtime_bench.hpp"

namespace skald::test {

inline constexpr const char* kNoUndo = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - price: { set: { total: 12 }, export: { as: '${ {total: .total} }' } }
  - gift: { if: '${ $workflow.input.gift == true }', call: shipping.ship, with: {} }
  - order:
      do:
        - charge: { call: payments.charge, with: { total: '${ $context.total }' } }
        - reserve: { call: stock.reserve, with: {} }
  - ship: { call: shipping.ship, with: { total: '${ $context.total }' } }
)";

inline runtime::ReplayCommand from(const ExecutionId& id, std::string place) {
  return {.original = id, .from = std::move(place), .reason = "fixed", .actor = "ann"};
}

inline ExecutionId fail_at(RuntimeBench& bench, std::string_view step) {
  bench.script.set_rule([step](const auto& call) { return call.step == step ? refused() : done(); });
  const auto id = bench.start()->id;
  bench.script.set_rule([](const auto&) { return done(); });
  return id;
}

}  // namespace skald::test
