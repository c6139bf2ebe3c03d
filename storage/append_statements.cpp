#include "storage/append_statements.hpp"

#include "storage/row_codec.hpp"

namespace skald::storage {

using soci::into;
using soci::use;

AppendStatements::AppendStatements(soci::session& session)
    : take_over_((
          session.prepare << "UPDATE executions SET unique_key = NULL, unique_until = NULL WHERE namespace = :namespace"
                             " AND workflow = :workflow AND unique_key = :key AND unique_until <= :started_at",
          use(namespace_), use(workflow_), use(unique_key_), use(started_at_))),
      create_((session.prepare
                   << "INSERT INTO executions (id, shard, namespace, workflow, version, digest, phase, outcome, status,"
                      " labels, started_at, ended_at, wake_at, open_incidents, resting, idempotency_key,"
                      " idempotency_fingerprint, replay_of, parent, unique_key, unique_until)"
                      " VALUES (:id, :shard, :namespace, :workflow, :version, :digest, :phase, :outcome, :status,"
                      " :labels, :started_at, :ended_at, :wake_at, :open_incidents, :resting, :key, :fingerprint, "
                      ":replay_of, :parent, :unique_key, :unique_until)"
                      " ON CONFLICT DO NOTHING",
               use(id_), use(shard_), use(namespace_), use(workflow_), use(definition_version_), use(digest_),
               use(phase_), use(outcome_), use(status_), use(labels_), use(started_at_), use(ended_at_, ended_set_),
               use(wake_at_, wake_set_), use(open_incidents_), use(resting_), use(key_, key_set_), use(fingerprint_),
               use(replay_of_, replay_set_), use(parent_, parent_set_), use(unique_key_, unique_set_),
               use(unique_until_, unique_set_))),
      relabel_((session.prepare << "UPDATE executions SET status = :status WHERE id = :id AND phase = :phase"
                                   " AND outcome = :outcome AND ended_at IS NOT DISTINCT FROM :ended_at"
                                   " AND wake_at IS NOT DISTINCT FROM :wake_at AND open_incidents = :open_incidents "
                                   "AND resting = :resting",
                use(status_), use(id_), use(phase_), use(outcome_), use(ended_at_, ended_set_),
                use(wake_at_, wake_set_), use(open_incidents_), use(resting_))),
      update_((session.prepare << "UPDATE executions SET phase = :phase, outcome = :outcome, status = :status,"
                                  " ended_at = :ended_at, wake_at = :wake_at, open_incidents = :open_incidents,"
                                  " resting = :resting WHERE id = :id",
               use(phase_), use(outcome_), use(status_), use(ended_at_, ended_set_), use(wake_at_, wake_set_),
               use(open_incidents_), use(resting_), use(id_))),
      give_up_((session.prepare << "UPDATE executions SET unique_key = NULL, unique_until = NULL WHERE id = :id"
                                   " AND unique_key IS NOT NULL",
                use(id_))),
      find_key_((session.prepare << "SELECT id, idempotency_fingerprint FROM executions"
                                    " WHERE namespace = :namespace AND workflow = :workflow AND idempotency_key = :key",
                 into(found_id_), into(found_fingerprint_), use(namespace_), use(workflow_), use(key_))),
      find_holder_(
          (session.prepare << "SELECT id FROM executions WHERE namespace = :namespace AND workflow = :workflow"
                              " AND unique_key = :key AND NOT EXISTS (SELECT 1 FROM executions WHERE id = :id)",
           into(holder_id_), use(namespace_), use(workflow_), use(unique_key_), use(id_))),
      last_((session.prepare << "SELECT max(position) FROM history WHERE execution = :execution",
             into(last_position_, last_set_), use(id_))),
      unsubscribe_((session.prepare << "DELETE FROM subscriptions WHERE execution = :execution", use(id_))),
      subscribe_((session.prepare << "INSERT INTO subscriptions (shape, key, execution, step)"
                                     " VALUES (:shape, :key, :execution, :step)",
                  use(shape_), use(event_key_), use(id_), use(step_))),
      deliver_((session.prepare << "INSERT INTO outbox (execution, shard, workflow, step, sink, envelope, emitted_at,"
                                   " due_at, attempts, error) VALUES (:execution, :shard, :workflow, :step, :sink,"
                                   " :envelope, :emitted_at, 0, 0, '')",
                use(id_), use(shard_), use(workflow_), use(step_), use(sink_), use(data_), use(at_))),
      owner_((session.prepare << "SELECT epoch FROM shards WHERE id = 0", into(owner_epoch_))) {}

void AppendStatements::name(const ExecutionId& execution) {
  id_ = to_string(execution);
}

bool AppendStatements::create(const ports::NewExecution& execution, const ports::ExecutionSummary& summary) {
  fill(execution);
  fill(summary);
  // Who ends at once has not kept it, and meets who has it all the same.
  if (unique_set_ == soci::i_ok && !keeps_key_) unique_until_ = 0;
  if (unique_set_ == soci::i_ok) take_over_.execute(true);
  create_.execute(true);
  return create_.get_affected_rows() == 1;
}

std::optional<AppendStatements::Existing> AppendStatements::find_key() {
  if (key_set_ != soci::i_ok || !find_key_.execute(true)) return std::nullopt;
  Existing existing{id_from_text(found_id_), found_fingerprint_};
  find_key_.fetch();  // past its only row, so that no read stays open
  return existing;
}

std::optional<ExecutionId> AppendStatements::find_holder() {
  if (unique_set_ != soci::i_ok || !find_holder_.execute(true)) return std::nullopt;
  const auto holder = id_from_text(holder_id_);
  find_holder_.fetch();
  return holder;
}

bool AppendStatements::ends_at(std::uint64_t position) {
  if (!last_.execute(true)) return false;
  const bool ends =
      position == (last_set_ == soci::i_ok ? static_cast<std::uint64_t>(last_position_) : std::uint64_t{0});
  last_.fetch();
  return ends;
}

bool AppendStatements::update(const ports::ExecutionSummary& summary) {
  fill(summary);
  // While it lives, mostly the label alone has changed, and then no index has to be touched.
  if (!summary.ended_at) {
    relabel_.execute(true);
    if (relabel_.get_affected_rows() == 1) return true;
  }
  update_.execute(true);
  const bool is_there = update_.get_affected_rows() == 1;
  if (!keeps_key_) give_up_.execute(true);
  return is_there;
}

void AppendStatements::subscribe(const std::vector<ports::Subscription>& subscriptions) {
  unsubscribe_.execute(true);
  for (const auto& subscription : subscriptions) {
    step_ = subscription.step;
    shape_ = subscription.key.shape;
    event_key_ = subscription.key.key;
    subscribe_.execute(true);
  }
}

void AppendStatements::deliver(const ExecutionId& execution, const ports::NewDelivery& delivery) {
  shard_ = static_cast<int>(shard_of(execution));
  workflow_ = delivery.workflow;
  step_ = delivery.step;
  sink_ = delivery.sink;
  data_ = delivery.envelope;
  at_ = to_millis(delivery.emitted_at);
  deliver_.execute(true);
}

std::uint64_t AppendStatements::owner_epoch() {
  if (!owner_.execute(true)) return 0;
  const auto epoch = static_cast<std::uint64_t>(owner_epoch_);
  owner_.fetch();
  return epoch;
}

void AppendStatements::fill(const ports::ExecutionSummary& summary) {
  phase_ = summary.phase;
  outcome_ = summary.outcome;
  status_ = summary.status;
  open_incidents_ = summary.open_incidents;
  resting_ = summary.resting ? 1 : 0;
  keeps_key_ = !ports::gives_key_up(summary);
  ended_set_ = summary.ended_at ? soci::i_ok : soci::i_null;
  ended_at_ = summary.ended_at ? to_millis(*summary.ended_at) : 0;
  wake_set_ = summary.wake_at ? soci::i_ok : soci::i_null;
  wake_at_ = summary.wake_at ? to_millis(*summary.wake_at) : 0;
}

void AppendStatements::fill(const ports::NewExecution& execution) {
  shard_ = static_cast<int>(execution.shard);
  namespace_ = execution.namespace_name;
  workflow_ = execution.workflow;
  definition_version_ = execution.version;
  digest_ = execution.digest;
  labels_ = texts_to_json(execution.labels);
  started_at_ = to_millis(execution.started_at);
  key_set_ = execution.idempotency_key ? soci::i_ok : soci::i_null;
  key_ = execution.idempotency_key.value_or("");
  fingerprint_ = execution.idempotency_fingerprint;
  replay_set_ = execution.replay_of ? soci::i_ok : soci::i_null;
  replay_of_ = execution.replay_of ? to_string(*execution.replay_of) : "";
  parent_set_ = execution.parent ? soci::i_ok : soci::i_null;
  parent_ = execution.parent ? to_string(*execution.parent) : "";
  unique_set_ = execution.unique ? soci::i_ok : soci::i_null;
  unique_key_ = execution.unique ? execution.unique->key : "";
  unique_until_ = execution.unique ? to_millis(execution.unique->until) : 0;
}

}  // namespace skald::storage
