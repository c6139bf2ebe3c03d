// The engine behind its facade; internal to the runtime.
#pragma once

#include <memory>
#include <vector>

#include "engine/async/offload.hpp"
#include "engine/runtime/due_poller.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/event_exchange.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/gauges.hpp"
#include "engine/runtime/inbox_reader.hpp"
#include "engine/runtime/lease_keeper.hpp"
#include "engine/runtime/publisher.hpp"
#include "engine/runtime/recovery.hpp"
#include "engine/runtime/remote_commands.hpp"
#include "engine/runtime/retention.hpp"
#include "engine/runtime/run_messages.hpp"
#include "engine/runtime/scheduler.hpp"

namespace skald::runtime {

class Engine::Impl {
 public:
  Impl(Loops& loops, Ports ports, Definitions& definitions, EngineOptions options);
  ~Impl();

  Result<void> run(std::string callback_url);
  void accept_event(std::string envelope, Callback<EventAnswer> callback);
  void drain(Millis at_most, std::move_only_function<void()> drained);
  void start(StartCommand command, Callback<Started> callback);
  void command(const ExecutionId& id, saga::Input input, Callback<Snapshot> callback);
  void deliver(const ExecutionId& id, saga::Input input, Callback<void> callback);
  void replay(ReplayCommand command, Callback<Started> callback);
  void view(const ExecutionId& id, Callback<Snapshot> callback);
  void when_settled(const ExecutionId& id, Millis at_most, Callback<Snapshot> callback);
  Health health() const;
  void tick();

 private:
  class DrainDeadline;

  // Of a shard that is ours.
  ExecutionId new_id();
  ExecutionHost& host_of(const ExecutionId& id);
  // Runs work(host) on the loop of the execution.
  template <class Work>
  void on_loop_of(const ExecutionId& id, Work work) {
    ExecutionHost& host = host_of(id);
    host.loop().post([&host, work = std::move(work)]() mutable { work(host); });
  }
  void resume(const std::vector<ExecutionId>& ids);

  // Whether a start or replay may be accepted now.
  Result<void> admit() const;
  void start_as(const ExecutionId& id, StartCommand command, Callback<Started> callback);
  void start_on(ExecutionHost& host, const ExecutionId& id, StartCommand command, Callback<Started> callback);
  // Where memory has no such definition.
  void find_and_start(ExecutionHost& host, const ExecutionId& id, StartCommand command, Callback<Started> callback);
  // What one execution says to another one. `heard` is called once it is durable there, or does not matter any more.
  void hear(const ports::Delivery& delivery, Callback<void> heard);
  bool is_for_a_while(const saga::RunTarget& target) const;
  void begin_if_wanted(BeginRun begin, Callback<void> heard);
  void hear(BeginRun begin, Callback<void> heard);
  void begun(const saga::Parent& parent, Result<Started> started, Callback<void> heard);
  void hear(const CancelRun& cancel, Callback<void> heard);
  void hear(UndoRun undo, Callback<void> heard);
  void hear(AnswerRun answer, Callback<void> heard);
  // Unless the request is a repeated one.
  void refuse(ExecutionHost& host, const StartCommand& command, Error error, Callback<Started> callback);
  void answer_existing(const NewStart::Existing& existing, const std::string& fingerprint, Callback<Started> callback);
  void take_up(const ExecutionId& id, Callback<Started> callback);
  void answer_as_existing(const ExecutionId& id, Callback<Started> callback);
  // A replay that is being begun, and the command out of the inbox that asked for it, or 0.
  struct ReplayTask;
  struct ReplayOriginal;
  void replay_on(ExecutionHost& host, ReplayTask task);
  void replay_read(ExecutionHost& host, const ReplayOriginal& original, ReplayTask task);

  // Has the owner of the execution apply a command.
  void apply_remotely(const ExecutionId& id, std::string command, RemoteCommands::Answered answered);
  // Applies a command of another node.
  void apply(const ExecutionId& id, AnyCommand command, std::uint64_t number, InboxReader::Applied applied);
  void apply_input(const ExecutionId& id, saga::Input input, std::uint64_t number, InboxReader::Applied applied);
  void apply_replay(ReplayCommand command, std::uint64_t number, InboxReader::Applied applied);

  void host_drained();
  void drain_first();
  void keep_leases(std::function<void(const Error&)> replaced);
  void stop_listening();
  void give_up_shards();

  Loops& loops_;
  std::unique_ptr<async::Offload> threads_;
  std::unique_ptr<async::Offload> lease_thread_;
  ports::NothingInHand nothing_in_hand_;
  Shared shared_;
  std::vector<std::shared_ptr<ExecutionHost>> hosts_;  // one a loop
  std::vector<std::unique_ptr<Gauges>> gauges_;
  Recovery recovery_;
  DuePoller due_poller_;
  Retention retention_;
  std::unique_ptr<ScheduleNotes> schedule_notes_;
  std::unique_ptr<Scheduler> scheduler_;
  std::unique_ptr<EventExchange> events_;
  std::unique_ptr<Publisher> publisher_;
  ports::ShardLeases* leases_;
  // With leases only.
  std::unique_ptr<LeaseKeeper> lease_keeper_;
  std::unique_ptr<InboxReader> inbox_reader_;
  std::unique_ptr<RemoteCommands> remote_commands_;
  std::unique_ptr<DrainDeadline> deadline_;
  std::atomic<std::size_t> hosts_draining_{0};
  std::move_only_function<void()> drained_;
};

}  // namespace skald::runtime
