#include "engine/runtime/engine.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "engine/runtime/engine_impl.hpp"

namespace skald::runtime {
namespace {

constexpr std::size_t kBlockingThreads = 4;

std::function<void(std::move_only_function<void()>)> on_threads_of(async::Offload& threads) {
  return [executor = threads.executor()](std::move_only_function<void()> work) {
    boost::asio::post(executor, std::move(work));
  };
}

}  // namespace

// When it fires, what is still in flight is given up.
class Engine::Impl::DrainDeadline final : public TimerNode {
 public:
  explicit DrainDeadline(std::vector<std::shared_ptr<ExecutionHost>>& hosts) : hosts_(hosts) {}

 private:
  void fired() override {
    for (auto& host : hosts_) {
      host->loop().post([host] { host->abandon(); });
    }
  }
  std::vector<std::shared_ptr<ExecutionHost>>& hosts_;
};

Engine::Impl::Impl(Loops& loops, Ports ports, Definitions& definitions, EngineOptions options)
    : loops_(loops),
      threads_(ports.blocking ? nullptr : std::make_unique<async::Offload>(kBlockingThreads)),
      shared_{.history = ports.history,
              .entropy = ports.entropy,
              .telemetry = ports.telemetry,
              .log = ports.log,
              .in_hand = ports.in_hand ? *ports.in_hand : nothing_in_hand_,
              .events = ports.events,
              .definitions = definitions,
              .time = EngineTime(ports.clock),
              .options = options,
              .blocking = std::move(ports.blocking)},
      hosts_([&] {
        std::vector<std::shared_ptr<ExecutionHost>> hosts;
        for (std::size_t i = 0; i < loops.size(); ++i) {
          hosts.push_back(
              std::make_shared<ExecutionHost>(loops.at(i), shared_, ports.clock, ports.alarm, ports.participant));
        }
        return hosts;
      }()),
      recovery_(*hosts_.front(), [this](const auto& ids) { resume(ids); }),
      due_poller_(*hosts_.front(), [this](const auto& ids) { resume(ids); }),
      retention_(*hosts_.front()),
      leases_(ports.leases) {
  if (threads_) shared_.blocking = on_threads_of(*threads_);
  const Start start_scheduled = [this](StartCommand command, Callback<Started> callback) {
    start(std::move(command), std::move(callback));
  };
  if (ports.schedules != nullptr) {
    schedule_notes_ = std::make_unique<ScheduleNotes>(*hosts_.front(), *ports.schedules);
    scheduler_ = std::make_unique<Scheduler>(*hosts_.front(), *ports.schedules, start_scheduled);
  }
  if (ports.events != nullptr) {
    events_ = std::make_unique<EventExchange>(
        *hosts_.front(), *ports.events,
        [this](const ExecutionId& id, saga::Input input, Callback<void> callback) {
          deliver(id, std::move(input), std::move(callback));
        },
        EventStarting{.start = start_scheduled, .notes = schedule_notes_.get()});
  }
  if (ports.outbox != nullptr) {
    publisher_ = std::make_unique<Publisher>(
        *hosts_.front(), *ports.outbox,
        [this](std::string envelope, auto callback) { accept_event(std::move(envelope), std::move(callback)); },
        [this](const ports::Delivery& message, auto heard) { hear(message, std::move(heard)); });
    shared_.emitted = [this] { publisher_->look(); };
  }
  if (leases_ == nullptr) {
    shared_.shards.hold_all(options.epoch);
  } else {
    keep_leases(std::move(ports.replaced));
    inbox_reader_ = std::make_unique<InboxReader>(
        *hosts_.front(), *ports.inbox,
        [this](const ExecutionId& id, AnyCommand command, std::uint64_t number, auto applied) {
          apply(id, std::move(command), number, std::move(applied));
        });
    remote_commands_ = std::make_unique<RemoteCommands>(*hosts_.front(), *ports.inbox);
  }
  for (auto& host : hosts_) gauges_.push_back(std::make_unique<Gauges>(*host, host == hosts_.front()));
}

// A renewal waits for no other work that blocks, unless somebody else runs that.
void Engine::Impl::keep_leases(std::function<void(const Error&)> replaced) {
  LeaseKeeper::Run run = shared_.blocking;
  if (threads_) {
    lease_thread_ = std::make_unique<async::Offload>(1);
    run = on_threads_of(*lease_thread_);
  }
  lease_keeper_ = std::make_unique<LeaseKeeper>(
      hosts_, *leases_, std::move(run),
      LeaseKeeper::Hooks{.came = [this](const ports::ShardSet& shards) { recovery_.begin(shards); },
                         .replaced = std::move(replaced)});
  shared_.fenced = [this] { lease_keeper_->look(); };
}

Engine::Impl::~Impl() {
  if (lease_keeper_) stop_listening();
  lease_thread_.reset();
  // Reads that are under way finish first: they hold references to the ports.
  threads_.reset();
  for (auto& host : hosts_) host->timers().close();
}

Result<void> Engine::Impl::run(std::string callback_url) {
  shared_.callback_url = std::move(callback_url);
  // With leases it is counted when the shards come.
  if (!lease_keeper_) {
    auto live = shared_.history.count_live(shared_.shards.held());
    if (!live) return std::unexpected(std::move(live.error()));
    shared_.live.add(*live);
  }
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    hosts_[i]->loop().post([this, i] { gauges_[i]->begin(); });
  }
  hosts_.front()->loop().post([this] {
    if (lease_keeper_) {
      lease_keeper_->begin();
      inbox_reader_->begin();
    } else {
      recovery_.begin(shared_.shards.held());
    }
    due_poller_.begin();
    retention_.begin();
    if (scheduler_) scheduler_->begin();
    if (events_) events_->begin();
    if (publisher_) publisher_->begin();
  });
  return {};
}

void Engine::Impl::accept_event(std::string envelope, Callback<EventAnswer> callback) {
  if (!events_) return callback(failure("events.none", "this engine takes no events"));
  events_->accept(std::move(envelope), std::move(callback));
}

void Engine::Impl::drain(Millis at_most, std::move_only_function<void()> drained) {
  drained_ = std::move(drained);
  shared_.draining = true;
  // The first host's timers keep the lease: it is drained last.
  hosts_draining_ = hosts_.size() - 1;
  hosts_.front()->loop().post([this, at_most] {
    deadline_ = std::make_unique<DrainDeadline>(hosts_);
    if (publisher_) publisher_->close();
    if (remote_commands_) remote_commands_->end_all();
    hosts_.front()->timers().set(*deadline_, shared_.time.steady() + at_most);
    if (hosts_draining_ == 0) drain_first();
    for (std::size_t i = 1; i < hosts_.size(); ++i) {
      hosts_[i]->loop().post([this, host = hosts_[i]] { host->drain([this] { host_drained(); }); });
    }
    if (lease_keeper_) lease_keeper_->look();
  });
}

void Engine::Impl::host_drained() {
  if (--hosts_draining_ > 0) return;
  hosts_.front()->loop().post([this] { drain_first(); });
}

void Engine::Impl::drain_first() {
  hosts_.front()->drain([this] { hosts_.front()->loop().post([this] { give_up_shards(); }); });
}

void Engine::Impl::stop_listening() {
  lease_keeper_->close();
  inbox_reader_->close();
}

void Engine::Impl::give_up_shards() {
  if (!lease_keeper_) return std::exchange(drained_, nullptr)();
  shared_.blocking([this, &loop = hosts_.front()->loop()] {
    stop_listening();
    if (const auto left = leases_->leave(); !left) {
      const auto error = to_text(left.error());
      shared_.log.write(ports::LogLevel::kWarning,
                        "the shards could not be given up; others take them when the lease ends", {{"error", error}});
    }
    loop.post([this] { std::exchange(drained_, nullptr)(); });
  });
}

ExecutionId Engine::Impl::new_id() {
  while (true) {
    const auto id = make_execution_id(shared_.time.now(), shared_.entropy.next(), shared_.entropy.next());
    // One that is on its way elsewhere is fenced where it is written.
    if (shared_.shards.serves(id) || !shared_.shards.serves_any()) return id;
  }
}

ExecutionHost& Engine::Impl::host_of(const ExecutionId& id) {
  const Loop& loop = loops_.of(id);
  for (auto& host : hosts_) {
    if (&host->loop() == &loop) return *host;
  }
  return *hosts_.front();
}

void Engine::Impl::resume(const std::vector<ExecutionId>& ids) {
  if (hosts_.size() == 1) return hosts_.front()->activate_later(ids);
  std::vector<std::vector<ExecutionId>> parts(hosts_.size());
  for (const auto& id : ids) {
    const auto* host = &host_of(id);
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (hosts_[i].get() == host) parts[i].push_back(id);
    }
  }
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    if (parts[i].empty()) continue;
    hosts_[i]->loop().post([host = hosts_[i], part = std::move(parts[i])] { host->activate_later(part); });
  }
}

Engine::Health Engine::Impl::health() const {
  return {.owns_shards = shared_.shards.serves_any(),
          .recovering = recovery_.is_running(),
          .draining = shared_.draining,
          .active = shared_.active};
}

void Engine::Impl::tick() {
  for (auto& host : hosts_) {
    host->loop().post([host] { host->timers().poll(); });
  }
}

Engine::Engine(Loops& loops, Ports ports, Definitions& definitions, EngineOptions options)
    : impl_(std::make_unique<Impl>(loops, std::move(ports), definitions, options)) {}

Engine::~Engine() = default;

Result<void> Engine::run(std::string callback_url) {
  return impl_->run(std::move(callback_url));
}
void Engine::accept_event(std::string envelope, Callback<EventAnswer> callback) {
  impl_->accept_event(std::move(envelope), std::move(callback));
}
void Engine::drain(Millis at_most, std::move_only_function<void()> drained) {
  impl_->drain(at_most, std::move(drained));
}
void Engine::start(StartCommand command, Callback<Started> callback) {
  impl_->start(std::move(command), std::move(callback));
}
void Engine::command(const ExecutionId& id, saga::Input input, Callback<Snapshot> callback) {
  impl_->command(id, std::move(input), std::move(callback));
}
void Engine::replay(ReplayCommand command, Callback<Started> callback) {
  impl_->replay(std::move(command), std::move(callback));
}
void Engine::view(const ExecutionId& id, Callback<Snapshot> callback) {
  impl_->view(id, std::move(callback));
}
void Engine::when_settled(const ExecutionId& id, Millis at_most, Callback<Snapshot> callback) {
  impl_->when_settled(id, at_most, std::move(callback));
}
Engine::Health Engine::health() const {
  return impl_->health();
}
void Engine::tick() {
  impl_->tick();
}

}  // namespace skald::runtime
