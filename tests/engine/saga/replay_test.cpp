// Both sides of a replay: what the original allows, and what the new execution takes over.
#include <gtest/gtest.h>

#include "tests/engine/saga/saga_bench.hpp"

namespace skald::saga {
namespace {

constexpr const char* kWorkflow = R"(
document: { dsl: '1.0.3', namespace: shop, name: checkout, version: '1.0.0' }
do:
  - order:
      do:
        - charge:
            call: payments.charge
            with: { orderId: '${ $workflow.input.orderId }' }
            compensate: { call: payments.refund, with: { orderId: '${ $workflow.input.orderId }', id: '${ .id }' } }
  - reserve:
      call: inventory.reserve
      with: { charge: '${ $steps.charge.output.id }' }
      compensate: { call: inventory.release, with: { orderId: '${ $workflow.input.orderId }' } }
  - ship:
      call: shipping.create
      with: { reservation: '${ .id }' }
)";

const ExecutionId kOriginal = *parse_execution_id("0192f0c1-2b3c-7def-8abc-0123456789ab");

Payload json(const char* text) {
  return Payload::from_trusted_text(text);
}

void answer(SagaBench& bench, const char* step, Answer answer) {
  const auto attempt = bench.in_flight().at(step).attempt;
  EXPECT_EQ(bench.feed({"", AttemptEnded{step, attempt, false, std::move(answer)}}), "");
}

void done(SagaBench& bench, const char* step, const char* body) {
  answer(bench, step, {.outcome = AttemptOutcome::kDone, .status = 200, .body = json(body)});
}

void refused(SagaBench& bench, const char* step) {
  answer(bench, step, {.outcome = AttemptOutcome::kRefused, .status = 409, .body = {}, .title = "no"});
}

StepReused reused(const char* step, const char* output) {
  return {
      .step = step, .origin = kOriginal, .request = std::make_shared<Request>(), .input = {}, .output = json(output)};
}

SagaBench replay_with_two_reused_steps() {
  SagaBench bench(kWorkflow);
  StartExecution start{.input = json(R"({"orderId":"A1"})"), .replay_of = ReplaySource{kOriginal, "failed"}};
  start.reused.push_back(reused("order.charge", R"({"id":"c1"})"));
  start.reused.push_back(reused("order", R"({"id":"c1"})"));
  std::get<StepReused>(start.reused.back()).request = nullptr;
  start.reused.push_back(reused("reserve", R"({"id":"r1"})"));
  bench.feed({"ann", std::move(start)});
  return bench;
}

TEST(Replay, GoesOnBehindTheReusedSteps) {
  SagaBench bench = replay_with_two_reused_steps();
  ASSERT_EQ(bench.in_flight().size(), 1u);
  EXPECT_EQ(bench.in_flight().at("ship").request->body, R"({"reservation":"r1"})");
  EXPECT_EQ(bench.in_flight().at("ship").key, to_string(bench.state().id) + "/ship");
  done(bench, "ship", "{}");
  EXPECT_EQ(bench.state().outcome, Outcome::kCompleted);
}

TEST(Replay, UndoesReusedStepsUnderTheOriginalsKeys) {
  SagaBench bench = replay_with_two_reused_steps();
  refused(bench, "ship");
  EXPECT_EQ(bench.in_flight().at("reserve/compensate").key, to_string(kOriginal) + "/reserve/compensate");
  bench.crash();
  EXPECT_EQ(bench.in_flight().at("reserve/compensate").key, to_string(kOriginal) + "/reserve/compensate");
  done(bench, "reserve/compensate", "{}");
  const auto& refund = bench.in_flight().at("order.charge/compensate");
  EXPECT_EQ(refund.key, to_string(kOriginal) + "/order.charge/compensate");
  EXPECT_EQ(refund.request->body, R"({"id":"c1"})");
  done(bench, "order.charge/compensate", "{}");
  EXPECT_EQ(bench.state().outcome, Outcome::kCompensated);
}

SagaBench failed_original() {
  SagaBench bench(kWorkflow);
  bench.feed({"", StartExecution{.input = json(R"({"orderId":"A1"})")}});
  done(bench, "order.charge", R"({"id":"c1"})");
  done(bench, "reserve", R"({"id":"r1"})");
  refused(bench, "ship");
  return bench;
}

RecordReplay replay(bool reuses, bool accept_standing = false) {
  return {.replayed = {.replay = kOriginal, .from = reuses ? "failed" : "start", .reuses = reuses},
          .accept_standing = accept_standing};
}

TEST(Replay, IsRefusedBeforeTheEnd) {
  SagaBench bench = failed_original();
  EXPECT_EQ(bench.feed({"ann", replay(false)}), "replay.not_ended");
}

TEST(Replay, FromTheStartNeedsThatNothingStands) {
  SagaBench bench = failed_original();
  bench.feed({"ann", TerminateExecution{"enough"}});
  EXPECT_EQ(bench.feed({"ann", replay(false)}), "replay.standing");
  EXPECT_EQ(bench.feed({"ann", replay(false, true)}), "");
}

TEST(Replay, WhatWasInFlightWhenItWasTerminatedMayStand) {
  SagaBench bench(kWorkflow);
  bench.feed({"", StartExecution{.input = json(R"({"orderId":"A1"})")}});
  bench.feed({"ann", TerminateExecution{"enough"}});
  EXPECT_EQ(bench.state().compensation.state, CompensationState::kIncomplete);
  EXPECT_EQ(bench.feed({"ann", replay(false)}), "replay.standing");
  EXPECT_EQ(bench.feed({"ann", replay(false, true)}), "");
}

TEST(Replay, OfACompensatedExecutionStartsAfresh) {
  SagaBench bench = failed_original();
  done(bench, "reserve/compensate", "{}");
  done(bench, "order.charge/compensate", "{}");
  ASSERT_EQ(bench.state().outcome, Outcome::kCompensated);
  EXPECT_EQ(bench.feed({"ann", replay(false)}), "");
  EXPECT_EQ(bench.state().replays.size(), 1u);
}

TEST(Replay, TakesOverOnlyOnce) {
  SagaBench bench = failed_original();
  bench.feed({"ann", TerminateExecution{"enough"}});
  EXPECT_EQ(bench.feed({"ann", replay(true)}), "");
  EXPECT_EQ(bench.feed({"ann", replay(true)}), "replay.reused");
  EXPECT_EQ(bench.feed({"ann", replay(false, true)}), "replay.reused");
}

}  // namespace
}  // namespace skald::saga
