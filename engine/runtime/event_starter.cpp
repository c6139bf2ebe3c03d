#include "engine/runtime/event_starter.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "engine/runtime/event_collector.hpp"

namespace skald::runtime {

// What a workflow has collected and can start executions with.
struct EventStarter::Together {
  Collecting collecting;
  std::vector<Json> started;  // of what is ready, or refused for good
  std::vector<Json> ready;
  std::size_t awaited = 0;
};

void EventStarter::begin(const ports::StoredEvent& event, EventStarts starts, bool may_collect, Done done) {
  done_ = std::move(done);
  awaited_ = 1 + starts.alone.size() + starts.together.size();
  for (auto& command : starts.alone) {
    start(std::move(command), [self = shared_from_this()](bool) { self->ended(); });
  }
  for (auto& collecting : starts.together) collect_it(event, std::move(collecting), may_collect);
  ended();
}

// `then` is told whether there is nothing left to do.
void EventStarter::start(StartCommand command, std::function<void(bool)> then) {
  const ports::WorkflowName workflow{.namespace_name = command.namespace_name, .name = command.workflow};
  if (auto good = check_depth(command); !good) return then(refuse(workflow, good.error()));
  starting_.start(
      std::move(command), [self = shared_from_this(), workflow, then = std::move(then)](Result<Started> result) {
        auto& loop = self->host_.loop();
        loop.post([self, workflow, then, result = std::move(result)] { then(self->note(workflow, result)); });
      });
}

bool EventStarter::note(const ports::WorkflowName& workflow, const Result<Started>& result) {
  if (!result) return refuse(workflow, result.error());
  ++outcome_.started;
  host_.shared().telemetry.schedule_start(result_of(*result));
  if (starting_.notes != nullptr) starting_.notes->started(workflow, result->id);
  return true;
}

bool EventStarter::refuse(const ports::WorkflowName& workflow, const Error& error) {
  if (may_pass(error)) {
    outcome_.failed = error;
    return false;
  }
  host_.shared().telemetry.schedule_start("refused");
  log_refused_start(host_.shared().log, workflow, error);
  if (starting_.notes != nullptr) starting_.notes->refused(workflow, error);
  return true;
}

void EventStarter::collect_it(const ports::StoredEvent& event, Collecting collecting, bool may_begin) {
  const auto together = std::make_shared<Together>(Together{.collecting = std::move(collecting)});
  host_.offload(
      [&store = store_, together, event, may_begin, now = host_.shared().time.now()] {
        const auto& its = together->collecting;
        return collect(store, {its.key, its.rule(), its.match, event, may_begin}, now);
      },
      [self = shared_from_this(), together](Result<Collected> collected) {
        if (!collected) {
          self->outcome_.is_full = self->outcome_.is_full || collected.error().code == "events.full";
          self->refuse(together->collecting.key.workflow, collected.error());
          return self->ended();
        }
        if (collected->is_taken) ++self->outcome_.collected;
        if (collected->is_new) ++self->outcome_.begun;
        together->ready = std::move(collected->ready);
        self->start_together(together);
      });
}

void EventStarter::start_together(const std::shared_ptr<Together>& together) {
  if (together->ready.empty()) return ended();
  together->awaited = together->ready.size();
  for (const auto& events : together->ready) {
    start(start_by(*together->collecting.definition, events),
          [self = shared_from_this(), together, &events](bool is_done) {
            if (is_done) together->started.push_back(events);
            if (--together->awaited == 0) self->forget_started(together);
          });
  }
}

void EventStarter::forget_started(const std::shared_ptr<Together>& together) {
  if (together->started.empty()) return ended();
  host_.offload(
      [&store = store_, together, now = host_.shared().time.now()] {
        return forget(store, together->collecting.key, together->started, now);
      },
      [self = shared_from_this()](const Result<void>& forgotten) {
        if (!forgotten) self->outcome_.failed = forgotten.error();
        self->ended();
      });
}

void EventStarter::ended() {
  if (--awaited_ == 0) std::exchange(done_, nullptr)(outcome_);
}

}  // namespace skald::runtime
