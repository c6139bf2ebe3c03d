#include "tests/simulation/workflows.hpp"

#include <algorithm>

namespace skald::simulation {
namespace {

constexpr const char* kCheckout = R"(
document: { dsl: '1.0.3', namespace: test, name: checkout, version: '1.0.0' }
use:
  retries:
    http:
      delay: PT0.5S
      backoff: { exponential: { multiplier: 2, maxDelay: PT10S } }
      jitter: { from: PT0S, to: PT0.25S }
      limit: { attempt: { count: 5 }, duration: PT1M }
saga: { status: { started: CREATED, completed: COMPLETED, compensated: CANCELLED } }
timeout: { after: PT5M }
do:
  - charge:
      call: payments.charge
      with: { orderId: '${ $workflow.input.orderId }' }
      timeout: { after: PT5S }
      retry: http
      compensate: { call: payments.refund, with: { orderId: '${ $workflow.input.orderId }', of: '${ .of }' } }
  - reserve:
      call: inventory.reserve
      with: { orderId: '${ $workflow.input.orderId }', paid: '${ $steps.charge.output.of }' }
      timeout: { after: PT5S }
      retry: http
      compensate: { call: inventory.release, with: { orderId: '${ $workflow.input.orderId }' } }
  - ship:
      call: shipping.create
      with: { orderId: '${ $workflow.input.orderId }' }
      timeout: { after: PT5S }
      compensate: { call: shipping.cancel, with: { orderId: '${ $workflow.input.orderId }' } }
output: { as: '${ {last: .of} }' }
)";

// A point of no return between what can be undone and what must go on.
constexpr const char* kPivot = R"(
document: { dsl: '1.0.3', namespace: test, name: pivot, version: '1.0.0' }
timeout: { after: PT30S }
do:
  - reserve:
      call: inventory.reserve
      with: { orderId: A }
      onUnknown: compensate
      compensate: { call: inventory.release, with: { orderId: A } }
  - charge:
      call: payments.charge
      with: { orderId: A }
      timeout: { after: PT3S }
      retry: { delay: PT1S, limit: { attempt: { count: 2 } } }
      pivot: true
  - ship:
      call: shipping.create
      with: { orderId: A }
      retry: { delay: PT2S }
)";

// Long waits between attempts, so that executions leave memory and come back.
constexpr const char* kPatient = R"(
document: { dsl: '1.0.3', namespace: test, name: patient, version: '1.0.0' }
saga: { compensation: { retry: { delay: PT7S, limit: { attempt: { count: 6 } } }, timeout: PT2M } }
do:
  - charge:
      call: payments.charge
      with: { orderId: A }
      timeout: { after: PT2S }
      retry: { delay: PT15S, limit: { attempt: { count: 4 } } }
      compensate: { call: payments.refund, with: { orderId: A } }
  - cool: { wait: PT20S }
  - deliver:
      timeout: { after: PT50S }
      do:
        - reserve:
            call: inventory.reserve
            with: { orderId: A }
            retry: { delay: PT20S, limit: { attempt: { count: 3 } } }
            onUnknown: suspend
            compensate:
              - release: { call: inventory.release, with: { orderId: A } }
              - tell: { call: notifications.send, with: { why: '${ $compensation.reason }' }, onError: continue }
        - ship:
            call: shipping.create
            with: { orderId: A }
            compensate: { call: shipping.cancel, with: { orderId: A } }
)";

// An error that is caught and undone while a timeout runs, and a race with effects on both sides.
constexpr const char* kTried = R"(
document: { dsl: '1.0.3', namespace: test, name: tried, version: '1.0.0' }
saga: { compensation: { retry: { delay: PT6S, limit: { attempt: { count: 8 } } } } }
do:
  - hold:
      try:
        - ship:
            timeout: { after: PT8S }
            try:
              - reserve:
                  call: inventory.reserve
                  with: { orderId: A }
                  retry: { delay: PT1S }
                  compensate: { call: inventory.release, with: { orderId: A } }
              - book:
                  call: shipping.create
                  with: { orderId: A }
                  compensate: { call: shipping.cancel, with: { orderId: A } }
              - refuse: { raise: { error: { type: 'https://example.org/no', status: 409 } } }
            catch: { compensate: true }
      catch: { as: problem }
  - race:
      fork:
        compete: true
        branches:
          - north:
              call: payments.charge
              with: { orderId: A, by: north }
              retry: { delay: PT1S }
              compensate: { call: payments.refund, with: { orderId: A } }
          - south:
              call: payments.charge
              with: { orderId: A, by: south }
              retry: { delay: PT1S }
              compensate: { call: payments.refund, with: { orderId: A } }
)";

// More events than one decision may record.
constexpr const char* kLong = R"(
document: { dsl: '1.0.3', namespace: test, name: long, version: '1.0.0' }
do:
  - charge: { call: payments.charge, with: { orderId: A }, compensate: { call: payments.refund, with: { orderId: A } } }
  - count: { for: { in: '[range(700)]' }, do: [ { one: { set: { n: '${ $item }' } } } ] }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

// Events that come when they like; each is sent once to each execution, and it ends only when it has them.
constexpr const char* kListening = R"(
document: { dsl: '1.0.3', namespace: test, name: listening, version: '1.0.0' }
do:
  - charge:
      call: payments.charge
      with: { orderId: A }
      retry: { delay: PT1S }
      compensate: { call: payments.refund, with: { orderId: A } }
  - both:
      fork:
        branches:
          - pay:
              listen: { to: { one: { with: { type: paid }, correlate: { id: { from: .data, expect: '${ $workflow.id }' } } } } }
          - ship:
              call: shipping.create
              with: { orderId: A }
              retry: { delay: PT1S }
              compensate: { call: shipping.cancel, with: { orderId: A } }
  - pack:
      listen:
        to:
          any:
            - { with: { type: packed }, correlate: { id: { from: .data, expect: '${ $workflow.id }' } } }
            - { with: { type: sealed }, correlate: { id: { from: .data, expect: '${ $workflow.id }' } } }
          until: ( . | length ) == 2
      foreach:
        do:
          - keep:
              call: inventory.reserve
              with: { orderId: A, place: '${ $index }' }
              retry: { delay: PT1S }
              compensate: { call: inventory.release, with: { orderId: A } }
        output: { as: '${ $index }' }
)";

// Everything that is emitted arrives, in order, whatever happens. The execution hears itself; a replay that has taken
// the first step over hears nothing.
constexpr const char* kTelling = R"(
document: { dsl: '1.0.3', namespace: test, name: telling, version: '1.0.0' }
do:
  - placed:
      emit: { event: { with: { source: shop, type: placed, data: '${ $workflow.id }' } } }
      compensate:
        - withdrawn: { emit: { event: { with: { source: shop, type: withdrawn } } } }
  - hear:
      timeout: { after: PT30S }
      onError: continue
      listen: { to: { one: { with: { type: placed }, correlate: { id: { from: .data, expect: '${ $workflow.id }' } } } } }
  - charge:
      call: payments.charge
      with: { orderId: A }
      compensate: { call: payments.refund, with: { orderId: A } }
  - each:
      for: { in: '[1, 2, 3]' }
      do:
        - one: { emit: { event: { with: { source: shop, type: counted, data: '${ $item }' } } } }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

// What others run. It takes its time, and may fail before and after its effect.
constexpr const char* kErrand = R"(
document: { dsl: '1.0.3', namespace: test, name: errand, version: '1.0.0' }
do:
  - charge:
      call: payments.charge
      with: { orderId: A }
      retry: { delay: PT1S, limit: { attempt: { count: 3 } } }
      compensate: { call: payments.refund, with: { orderId: A } }
  - pause: { wait: PT2S }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

// Runs it in turn, beside itself and in a race, and has it undone.
constexpr const char* kOrdering = R"(
document: { dsl: '1.0.3', namespace: test, name: ordering, version: '1.0.0' }
do:
  - first: { run: { workflow: { namespace: test, name: errand } }, timeout: { after: PT40S } }
  - each:
      for: { in: '[1, 2]', concurrency: 2 }
      do:
        - one:
            run: { workflow: { namespace: test, name: errand, version: '1.0.0', input: { n: '${ $item }' } } }
            retry: { when: 'true', delay: PT1S, limit: { attempt: { count: 2 } } }
  - race:
      fork:
        compete: true
        branches:
          - quick: { call: inventory.reserve, with: { orderId: A }, compensate: { call: inventory.release, with: { orderId: A } } }
          - slow: { run: { workflow: { namespace: test, name: errand } } }
  - aside: { run: { workflow: { namespace: test, name: errand }, await: false } }
  - nobody: { run: { workflow: { namespace: test, name: nobody } }, onError: continue }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

// One at a time for what it is about, 40 s for one that completes.
constexpr const char* kSingle = R"(
document: { dsl: '1.0.3', namespace: test, name: single, version: '1.0.0' }
saga: { unique: { key: .about, within: PT40S } }
do:
  - charge:
      call: payments.charge
      with: { orderId: A }
      retry: { delay: PT1S, limit: { attempt: { count: 3 } } }
      compensate: { call: payments.refund, with: { orderId: A } }
  - pause: { wait: PT5S }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

// Runs one, which may be refused.
constexpr const char* kBooking = R"(
document: { dsl: '1.0.3', namespace: test, name: booking, version: '1.0.0' }
do:
  - reserve: { call: inventory.reserve, with: { orderId: A }, compensate: { call: inventory.release, with: { orderId: A } } }
  - once:
      run: { workflow: { namespace: test, name: single, input: '${ $workflow.input }' } }
      retry: { when: 'true', delay: PT3S, limit: { attempt: { count: 2 } } }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

// Starts by itself, every kBeat.
constexpr const char* kBeating = R"(
document: { dsl: '1.0.3', namespace: test, name: beating, version: '1.0.0' }
schedule: { every: PT10S }
do:
  - charge: { call: payments.charge, with: { orderId: A }, compensate: { call: payments.refund, with: { orderId: A } } }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

// Started by two events together, each of which is in one execution.
constexpr const char* kPairing = R"(
document: { dsl: '1.0.3', namespace: test, name: pairing, version: '1.0.0' }
schedule: { on: { all: [ { with: { type: left } }, { with: { type: right } } ] } }
do:
  - charge: { call: payments.charge, with: { orderId: A }, compensate: { call: payments.refund, with: { orderId: A } } }
  - ship: { call: shipping.create, with: { orderId: A }, compensate: { call: shipping.cancel, with: { orderId: A } } }
)";

}  // namespace

const std::vector<Workflow>& written_workflows() {
  static const std::vector<Workflow> workflows{
      {"test", "checkout", kCheckout},  {"test", "pivot", kPivot},       {"test", "patient", kPatient},
      {"test", "tried", kTried},        {"test", "long", kLong},         {"test", "listening", kListening},
      {"test", "telling", kTelling},    {"test", "ordering", kOrdering}, {"test", "booking", kBooking},
      {"test", kBeatingName, kBeating}, {"test", kPairingName, kPairing}};
  return workflows;
}

bool is_about_something(const Workflow& workflow) {
  return workflow.name == kSingleName || workflow.name == "booking";
}

bool needs_tombstones(const Workflow& workflow) {
  return workflow.yaml.contains("onUnknown: compensate");
}

std::vector<Workflow> draw_workflows(World& world) {
  std::vector<Workflow> drawn;
  const auto& written = written_workflows();
  if (world.chance(70)) drawn.push_back({"test", kRandomName, saga::random_workflow(world.random())});
  if (drawn.empty() || world.chance(40)) drawn.push_back(written[world.below(written.size())]);
  const auto run = [&](std::string_view name) {
    return std::ranges::any_of(drawn,
                               [name](const Workflow& w) { return w.yaml.contains(fmt::format("name: {}", name)); });
  };
  if (run("errand")) drawn.push_back({"test", "errand", kErrand});
  if (run(kSingleName)) drawn.push_back({"test", kSingleName, kSingle});
  return drawn;
}

}  // namespace skald::simulation
