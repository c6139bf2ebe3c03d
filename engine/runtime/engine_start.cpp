// Starting executions.
#include <fmt/format.h>

#include <utility>

#include "engine/runtime/engine_impl.hpp"
#include "engine/runtime/refusals.hpp"
#include "engine/runtime/start.hpp"

namespace skald::runtime {

Result<void> Engine::Impl::admit() const {
  if (shared_.draining) {
    return std::unexpected(draining());
  }
  if (!shared_.shards.serves_any()) return std::unexpected(no_shards());
  const auto active = shared_.active.load(std::memory_order_relaxed);
  if (active >= shared_.options.active_max) {
    return failure("engine.overloaded", fmt::format("{} executions are under way", active), {}, "try again later");
  }
  return {};
}

void Engine::Impl::start(StartCommand command, Callback<Started> callback) {
  start_as(new_id(), std::move(command), std::move(callback));
}

void Engine::Impl::start_as(const ExecutionId& id, StartCommand command, Callback<Started> callback) {
  on_loop_of(id, [this, id, command = std::move(command), callback = std::move(callback)](ExecutionHost& host) mutable {
    start_on(host, id, std::move(command), std::move(callback));
  });
}

void Engine::Impl::start_on(ExecutionHost& host, const ExecutionId& id, StartCommand command,
                            Callback<Started> callback) {
  if (auto admitted = admit(); !admitted) return callback(std::unexpected(std::move(admitted.error())));
  auto found = shared_.definitions.find(command.namespace_name, command.workflow, command.version);
  if (!found) return find_and_start(host, id, std::move(command), std::move(callback));
  if (command.run && host.find(id) != nullptr) return answer_as_existing(id, std::move(callback));
  if (auto checked = check_run(command, *found->definition); !checked) {
    return callback(std::unexpected(std::move(checked.error())));
  }
  if (auto checked = check_input(*found->definition, command.input); !checked) {
    return refuse(host, command, std::move(checked.error()), std::move(callback));
  }
  const bool is_run = command.run.has_value();
  auto planned = plan_start(command, std::move(found->definition), id, shared_.time.now());
  if (!planned) return refuse(host, command, std::move(planned.error()), std::move(callback));
  auto start = std::move(*planned);
  start->answer = [this, id, is_run, fingerprint = start->row.idempotency_fingerprint, callback = std::move(callback)](
                      Result<Snapshot> state, std::optional<NewStart::Existing> existing) mutable {
    if (existing) return answer_existing(*existing, fingerprint, std::move(callback));
    if (!state) {
      if (state.error().code == kConflictCode) {
        if (is_run) return take_up(id, std::move(callback));
        state.error().code = "store.unavailable";
      }
      return callback(std::unexpected(std::move(state.error())));
    }
    callback(Started{.id = id, .existing = false, .state = std::move(*state)});
  };
  host.create(id).begin(std::move(start));
}

void Engine::Impl::find_and_start(ExecutionHost& host, const ExecutionId& id, StartCommand command,
                                  Callback<Started> callback) {
  auto find = [&definitions = shared_.definitions, namespace_name = command.namespace_name, name = command.workflow,
               version = command.version] { return definitions.find_stored(namespace_name, name, version); };
  host.offload(std::move(find), [this, id, command = std::move(command),
                                 callback = std::move(callback)](Result<RegisteredDefinition> found) mutable {
    if (!found) return callback(std::unexpected(std::move(found.error())));
    start_as(id, std::move(command), std::move(callback));
  });
}

// What refuses the input may be younger than the execution that the same request has begun.
void Engine::Impl::refuse(ExecutionHost& host, const StartCommand& command, Error error, Callback<Started> callback) {
  if (!command.idempotency_key) return callback(std::unexpected(std::move(error)));
  auto find = [&history = shared_.history, namespace_name = command.namespace_name, workflow = command.workflow,
               key = *command.idempotency_key] { return history.find_by_key(namespace_name, workflow, key); };
  host.offload(std::move(find),
               [this, fingerprint = command.fingerprint, error = std::move(error),
                callback = std::move(callback)](Result<std::optional<ports::StoredExecution>> found) mutable {
                 if (!found) return callback(std::unexpected(std::move(found.error())));
                 if (!*found) return callback(std::unexpected(std::move(error)));
                 const auto& created = (*found)->created;
                 answer_existing({.id = (*found)->id, .fingerprint = created.idempotency_fingerprint}, fingerprint,
                                 std::move(callback));
               });
}

void Engine::Impl::answer_existing(const NewStart::Existing& existing, const std::string& fingerprint,
                                   Callback<Started> callback) {
  if (existing.has_unique_key) return callback(std::unexpected(taken(existing.id)));
  if (existing.fingerprint != fingerprint) {
    return callback(failure("idempotency.mismatch",
                            fmt::format("the idempotency key was used before, with another body or version, for "
                                        "execution {}",
                                        to_string(existing.id)),
                            to_string(existing.id), "use a new key for a new request"));
  }
  answer_as_existing(existing.id, std::move(callback));
}

// A recovery that came by while it was being begun once more has taken it for one in memory, and left it alone.
void Engine::Impl::take_up(const ExecutionId& id, Callback<Started> callback) {
  on_loop_of(id, [this, id, callback = std::move(callback)](ExecutionHost& host) mutable {
    if (host.is_closed()) return callback(std::unexpected(draining()));
    host.activate(id);
    answer_as_existing(id, std::move(callback));
  });
}

void Engine::Impl::answer_as_existing(const ExecutionId& id, Callback<Started> callback) {
  view(id, [id, callback = std::move(callback)](Result<Snapshot> state) mutable {
    if (!state) return callback(std::unexpected(std::move(state.error())));
    callback(Started{.id = id, .existing = true, .state = std::move(*state)});
  });
}

}  // namespace skald::runtime
