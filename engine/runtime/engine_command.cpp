// Commanding and looking at executions, those of other nodes too.
#include <utility>

#include "engine/runtime/engine_impl.hpp"
#include "engine/runtime/refusals.hpp"

namespace skald::runtime {
namespace {

// How often an execution of another node is looked at while somebody waits for its end.
constexpr Millis kSettleInterval{100};

}  // namespace

void Engine::Impl::command(const ExecutionId& id, saga::Input input, Callback<Snapshot> callback) {
  if (remote_commands_ && !shared_.shards.serves(id)) {
    return apply_remotely(
        id, encode_command(id, input),
        [this, id, callback = std::move(callback)](Result<std::optional<ExecutionId>> answer) mutable {
          if (!answer && answer.error().code != "command.pending") {
            return callback(std::unexpected(std::move(answer.error())));
          }
          view(id, std::move(callback));
        });
  }
  on_loop_of(id, [id, input = std::move(input), callback = std::move(callback)](ExecutionHost& host) mutable {
    if (host.is_closed()) return callback(std::unexpected(draining()));
    host.activate(id).submit(std::move(input), std::move(callback));
  });
}

// As a command, but that nobody asks for the state, and that what is not applied yet is not done.
void Engine::Impl::deliver(const ExecutionId& id, saga::Input input, Callback<void> callback) {
  if (remote_commands_ && !shared_.shards.serves(id)) {
    return apply_remotely(id, encode_command(id, input),
                          [callback = std::move(callback)](Result<std::optional<ExecutionId>> answer) mutable {
                            if (!answer) return callback(std::unexpected(std::move(answer.error())));
                            callback({});
                          });
  }
  on_loop_of(id, [id, input = std::move(input), callback = std::move(callback)](ExecutionHost& host) mutable {
    if (host.is_closed()) return callback(std::unexpected(draining()));
    host.activate(id).submit(std::move(input), [callback = std::move(callback)](Result<Snapshot> state) mutable {
      if (!state) return callback(std::unexpected(std::move(state.error())));
      callback({});
    });
  });
}

void Engine::Impl::view(const ExecutionId& id, Callback<Snapshot> callback) {
  on_loop_of(id, [this, id, callback = std::move(callback)](ExecutionHost& host) mutable {
    if (host.is_closed()) return callback(std::unexpected(draining()));
    if (auto* driver = host.find(id)) return driver->view(std::move(callback));
    host.offload_on(
        id, [&history = shared_.history, id] { return read_state(history, id); },
        [callback = std::move(callback)](Result<saga::State> state) mutable {
          if (!state) return callback(std::unexpected(std::move(state.error())));
          callback(std::make_shared<const saga::State>(std::move(*state)));
        });
  });
}

void Engine::Impl::when_settled(const ExecutionId& id, Millis at_most, Callback<Snapshot> callback) {
  on_loop_of(id, [this, id, at_most, callback = std::move(callback)](ExecutionHost& host) mutable {
    if (host.is_closed()) return callback(std::unexpected(draining()));
    if (auto* driver = host.find(id)) return driver->when_settled(at_most, std::move(callback));
    // What has ended is not brought back into memory.
    host.offload_on(
        id, [&history = shared_.history, id] { return read_state(history, id); },
        [this, &host, id, at_most, callback = std::move(callback)](Result<saga::State> state) mutable {
          if (!state) return callback(std::unexpected(std::move(state.error())));
          const auto phase = state->phase;
          if (saga::is_terminal(phase) || phase == saga::Phase::kSuspended || at_most <= Millis(0)) {
            return callback(std::make_shared<const saga::State>(std::move(*state)));
          }
          if (!shared_.shards.serves(id)) {
            return host.after(kSettleInterval, [this, id, at_most, callback = std::move(callback)]() mutable {
              when_settled(id, at_most - kSettleInterval, std::move(callback));
            });
          }
          host.activate(id).when_settled(at_most, std::move(callback));
        });
  });
}

void Engine::Impl::apply_remotely(const ExecutionId& id, std::string command, RemoteCommands::Answered answered) {
  hosts_.front()->loop().post([this, id, command = std::move(command), answered = std::move(answered)]() mutable {
    if (shared_.draining || hosts_.front()->is_closed()) return answered(std::unexpected(draining()));
    remote_commands_->send(id, std::move(command), std::move(answered));
  });
}

void Engine::Impl::apply(const ExecutionId& id, AnyCommand command, std::uint64_t number,
                         InboxReader::Applied applied) {
  if (auto* replay = std::get_if<ReplayCommand>(&command)) {
    return apply_replay(std::move(*replay), number, std::move(applied));
  }
  apply_input(id, std::get<saga::Input>(std::move(command)), number, std::move(applied));
}

void Engine::Impl::apply_input(const ExecutionId& id, saga::Input input, std::uint64_t number,
                               InboxReader::Applied applied) {
  on_loop_of(id,
             [this, id, input = std::move(input), number, applied = std::move(applied)](ExecutionHost& host) mutable {
               if (host.is_closed() || !shared_.shards.serves(id)) return applied(std::unexpected(moved(id)));
               host.activate(id).submit(
                   std::move(input),
                   [applied = std::move(applied)](Result<Snapshot> state) mutable {
                     if (!state) return applied(std::unexpected(std::move(state.error())));
                     applied(std::nullopt);
                   },
                   number);
             });
}

}  // namespace skald::runtime
