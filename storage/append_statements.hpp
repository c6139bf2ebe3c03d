// The prepared statements of the writer, and the values they are bound to.
//
// SOCI binds by address: fill the values, then execute. Lives as long as the writer's session; belongs to its thread.
// The header is for batch_writer.cpp alone: it pulls SOCI in.
#pragma once

#include <soci/soci.h>

#include <string>

#include "engine/ports/history_store.hpp"

namespace skald::storage {

class AppendStatements {
 public:
  // Throws soci::soci_error.
  explicit AppendStatements(soci::session& session);

  // Every one throws soci::soci_error. All but find_key() speak of the execution named last.
  void name(const ExecutionId& execution);
  const std::string& named() const { return id_; }
  // Whether the row of the execution was new, as were its id and its keys. Takes its unique key from who has had it for
  // long enough.
  bool create(const ports::NewExecution& execution, const ports::ExecutionSummary& summary);
  // The execution that has the key of the last create().
  struct Existing {
    ExecutionId id;
    std::string fingerprint;
  };
  std::optional<Existing> find_key();
  // The other execution that has its unique key; none where the one that was to be created is there.
  std::optional<ExecutionId> find_holder();
  // Whether the history ends at `position`.
  bool ends_at(std::uint64_t position);
  // Whether there is such an execution.
  bool update(const ports::ExecutionSummary& summary);
  // What it has from here on, instead of what it had.
  void subscribe(const std::vector<ports::Subscription>& subscriptions);
  void deliver(const ExecutionId& execution, const ports::NewDelivery& delivery);
  // Of the shard that stands for all of them while one process owns the database.
  std::uint64_t owner_epoch();

 private:
  void fill(const ports::ExecutionSummary& summary);
  void fill(const ports::NewExecution& execution);

  std::string id_, step_, data_, namespace_, workflow_, definition_version_, digest_, phase_, outcome_, status_,
      labels_, key_, fingerprint_, replay_of_, parent_, found_id_, found_fingerprint_, shape_, event_key_, sink_,
      unique_key_, holder_id_;
  long long at_ = 0, started_at_ = 0, ended_at_ = 0, wake_at_ = 0, open_incidents_ = 0, resting_ = 0,
            last_position_ = 0, owner_epoch_ = 0, unique_until_ = 0;
  bool keeps_key_ = true;
  int shard_ = 0;
  soci::indicator ended_set_ = soci::i_null, wake_set_ = soci::i_null, key_set_ = soci::i_null,
                  replay_set_ = soci::i_null, parent_set_ = soci::i_null, last_set_ = soci::i_null,
                  unique_set_ = soci::i_null;
  soci::statement take_over_, create_, relabel_, update_, give_up_, find_key_, find_holder_, last_, unsubscribe_,
      subscribe_, deliver_, owner_;
};

}  // namespace skald::storage
