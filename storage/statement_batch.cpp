#include "storage/statement_batch.hpp"

#include "engine/base/json_object.hpp"
#include "storage/batch_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

void add_time(JsonObject& object, std::string_view name, const std::optional<Timestamp>& at) {
  if (at) object.number(name, to_millis(*at));
}

void add_summary(JsonObject& object, const ExecutionSummary& summary) {
  object.text("phase", summary.phase);
  object.text("outcome", summary.outcome);
  object.text("status", summary.status);
  add_time(object, "ended_at", summary.ended_at);
  add_time(object, "wake_at", summary.wake_at);
  object.number("open_incidents", summary.open_incidents);
  object.number("resting", summary.resting ? 1 : 0);
}

void separate(std::string& list) {
  if (!list.empty() && list.back() != '[') list += ',';
}

// Few appends have one.
void add_applied(std::string& list, std::size_t n, const CommandApplied& applied) {
  separate(list);
  JsonObject object(list);
  object.number("n", n);
  object.number("command", applied.number);
  object.text("answer", applied.answer);
}

// Who ends at once has not kept it, and meets who has it all the same.
void add_unique(JsonObject& creation, std::string& wanted, const NewExecution& execution,
                const ExecutionSummary& summary) {
  const auto& [key, until] = *execution.unique;
  creation.text("unique_key", key);
  creation.number("unique_until", to_millis(gives_key_up(summary) ? Timestamp{} : until));
  separate(wanted);
  JsonObject object(wanted);
  object.text("namespace", execution.namespace_name);
  object.text("workflow", execution.workflow);
  object.text("key", key);
  object.number("started_at", to_millis(execution.started_at));
}

void add_listening(std::string& list, const std::vector<Subscription>& subscriptions) {
  list += '[';
  for (const auto& subscription : subscriptions) {
    separate(list);
    JsonObject object(list);
    object.text("step", subscription.step);
    object.text("shape", subscription.key.shape);
    object.text("key", subscription.key.key);
  }
  list += ']';
}

void add_outgoing(std::string& list, const Append& append) {
  list += '[';
  for (const auto& delivery : append.deliveries) {
    separate(list);
    JsonObject object(list);
    object.number("shard", shard_of(append.execution));
    object.text("workflow", delivery.workflow);
    object.text("step", delivery.step);
    object.text("sink", delivery.sink);
    object.text("envelope", delivery.envelope);
    object.number("emitted_at", to_millis(delivery.emitted_at));
  }
  list += ']';
}

void add_creation(JsonObject& object, const NewExecution& execution) {
  object.number("shard", execution.shard);
  object.text("namespace", execution.namespace_name);
  object.text("workflow", execution.workflow);
  object.text("version", execution.version);
  object.text("digest", execution.digest);
  object.text("labels", texts_to_json(execution.labels));
  object.number("started_at", to_millis(execution.started_at));
  if (execution.idempotency_key) object.text("key", *execution.idempotency_key);
  object.text("fingerprint", execution.idempotency_fingerprint);
  if (execution.replay_of) object.id("replay_of", *execution.replay_of);
  if (execution.parent) object.id("parent", *execution.parent);
}

void add_row(std::string& rows, const HistoryRow& row) {
  separate(rows);
  JsonObject object(rows);
  object.number("position", row.position);
  object.number("epoch", row.epoch);
  object.number("at", to_millis(row.at));
  object.text("kind", row.kind);
  object.number("version", row.version);
  object.text("step", row.step);
  object.number("attempt", row.attempt);
  object.text("actor", row.actor);
  object.text("data", row.data);
}

}  // namespace

void Batch::add(const Append& append) {
  separate(appends_);
  JsonObject object(appends_);
  object.number("n", count_++);
  object.id("execution", append.execution);
  object.number("shard", append.create ? append.create->shard : shard_of(append.execution));
  object.number("epoch", append.epoch);
  object.number("expected", append.expected_position);
  if (append.create) {
    JsonObject creation(object.key("creation"));
    const auto summary = append.summary.value_or(ExecutionSummary{});
    add_creation(creation, *append.create);
    add_summary(creation, summary);
    if (append.create->unique) {
      add_unique(creation, wanted_, *append.create, summary);
      ++wanted_count_;
    }
  } else if (append.summary) {
    JsonObject summary(object.key("summary"));
    add_summary(summary, *append.summary);
  }
  if (append.applied) add_applied(applied_, count_ - 1, *append.applied);
  if (append.subscriptions) add_listening(object.key("listening"), *append.subscriptions);
  if (!append.deliveries.empty()) add_outgoing(object.key("outgoing"), append);
  std::string& rows = object.key("rows");
  rows += '[';
  for (const auto& row : append.rows) add_row(rows, row);
  rows += ']';
}

std::string Batch::to_json(const Owner& owner) const {
  return "{\"node\":" + std::to_string(owner.number()) + ",\"appends\":[" + appends_ + "],\"applied\":[" + applied_ +
         "]}";
}

}  // namespace skald::storage
