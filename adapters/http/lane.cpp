#include "adapters/http/lane.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/http/request_text.hpp"
#include "adapters/http/retry_after.hpp"
#include "engine/base/limits.hpp"

namespace skald::adapters {
namespace {

// While calls wait for a rate or a circuit, changed settings are looked for so often: a corrected address must not wait
// for the end of an outage.
constexpr Steady kRefreshInterval = std::chrono::seconds(1);

FailureReport not_sent(std::string title, bool retryable, std::string detail = {},
                       std::string error_type = "configuration") {
  return {.kind = retryable ? Failure::kNotSent : Failure::kRefused,
          .sent = false,
          .error_type = std::move(error_type),
          .title = std::move(title),
          .detail = std::move(detail)};
}

Gate::Verdict verdict_on(int status) {
  return status >= 500 ? Gate::Verdict::kFailing : Gate::Verdict::kHealthy;
}

CallLimits share_of(CallLimits limits, std::size_t loops) {
  limits.concurrency = std::max<std::size_t>(1, limits.concurrency / loops);
  if (limits.rate_per_second) *limits.rate_per_second /= static_cast<double>(loops);
  return limits;
}

}  // namespace

Lane::Lane(LaneContext context, std::string name, LaneTarget target)
    : context_(std::move(context)),
      name_(std::move(name)),
      target_(std::move(target)),
      authority_(authority_of(target_.origin)),
      dial_(dial_for(target_.origin, context_.options)),
      gate_(share_of(target_.limits, context_.options.loops),
            target_.settings ? target_.settings->circuit_breaker : std::nullopt),
      wake_(context_.loop) {}

Lane::~Lane() {
  *alive_ = false;
  abandon();
}

void Lane::send(ports::ParticipantCall call, ports::Participant::Done done) {
  queue_.push_back({.call = std::move(call), .done = std::move(done)});
  pump();
}

void Lane::retarget(std::optional<LaneTarget> target) {
  is_gone_ = !target;
  if (!target) return;
  const bool moved = target->origin != target_.origin;
  target_ = std::move(*target);
  gate_.configure(share_of(target_.limits, context_.options.loops),
                  target_.settings ? target_.settings->circuit_breaker : std::nullopt);
  if (moved) {
    authority_ = authority_of(target_.origin);
    dial_ = dial_for(target_.origin, context_.options);
    gate_.close_circuit();
    for (Connection* connection : std::exchange(idle_, {})) release(*connection);
  }
  watch_circuit();
}

void Lane::pump() {
  if (is_gone_) return refuse_waiting();
  if (pumping_) return;
  pumping_ = true;
  while (!queue_.empty()) {
    const Steady now = context_.ports.clock.steady();
    const Gate::Turn turn = gate_.enter(now);
    if (!turn.go) {
      if (turn.look_again) wake_after(std::min(*turn.look_again - now, kRefreshInterval));
      break;
    }
    Job job = std::move(queue_.front());
    queue_.pop_front();
    job.started = now;
    job.probe = turn.probe;
    job.overdue.reset();
    dispatch(std::move(job));
  }
  pumping_ = false;
}

bool Lane::withdraw(const ExecutionId& execution, std::string_view key) {
  const auto is_meant = [&](const ports::ParticipantCall& call) {
    return call.execution == execution && call.key == key;
  };
  const auto queued = std::ranges::find_if(queue_, [&](const Job& waiting) { return is_meant(waiting.call); });
  if (queued != queue_.end()) {
    queue_.erase(queued);
    return true;
  }
  const auto found = std::ranges::find_if(
      without_token_, [&](const auto& it) { return is_meant(it.second.call) && !it.second.refusal; });
  if (found == without_token_.end()) return false;
  const Job job = std::move(found->second);
  without_token_.erase(found);
  leave(job, Gate::Verdict::kNone, label_of(Failure::kNotSent));
  pump();
  return true;
}

void Lane::abandon() {
  queue_.clear();
  polls_.clear();
  without_token_.clear();
  idle_.clear();
  for (Slot& slot : slots_) {
    if (slot.connection) slot.connection->close();
  }
  slots_.clear();
  free_slots_.clear();
}

void Lane::refuse_waiting() {
  for (Job& job : std::exchange(queue_, {})) {
    auto gone = not_sent(fmt::format("adapter '{}' is no longer configured", name_), false);
    gone.sent = job.polling.has_value();
    context_.answer_later(std::move(job.done), answer_from(std::move(gone)));
  }
}

void Lane::wake_after(Steady delay) {
  wake_.expires_after(delay);
  wake_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
    if (error || !*alive) return;
    const auto refresh = context_.refresh;  // may end the lane
    refresh();
    if (*alive) pump();
  });
}

void Lane::dispatch(Job job) {
  const Millis timeout = job.call.timeout > Millis(0) ? job.call.timeout : limits::kAttemptTimeout;
  job.deadline = job.started + timeout;
  job.deadline_at = context_.ports.clock.now() + timeout;
  if (job.polling && job.polling->deadline < job.deadline) {
    job.deadline = job.polling->deadline;
    job.deadline_at = job.polling->deadline_at;
  }
  context_.ports.telemetry.adapter_inflight(name_, +1);
  authorize(std::move(job));
}

void Lane::launch(Job job) {
  auto problem = find_secret_headers(job);
  if (!problem) problem = prepare(job);
  if (problem) return refuse(std::move(job), std::move(*problem));
  put_on_a_connection(std::move(job));
}

void Lane::refuse(Job job, FailureReport problem) {
  if (job.refusal) {
    leave(job, Gate::Verdict::kHealthy, "401");
    context_.answer_later(std::move(job.done), std::move(*job.refusal));
    return pump();
  }
  leave(job, Gate::Verdict::kNone, label_of(problem.kind));
  if (job.polling) {
    pause(std::move(job), std::nullopt);
  } else {
    context_.answer_later(std::move(job.done), answer_from(std::move(problem)));
  }
  pump();
}

// Writes the request's bytes, or says why it cannot be sent.
std::optional<FailureReport> Lane::prepare(Job& job) {
  const saga::Request& request = *job.call.request;
  if (job.call.ownership && !job.call.ownership->is_ours(job.call.execution, job.call.epoch)) {
    return not_sent("another node goes on with the execution", true);
  }
  if (job.polling && job.polling->origin != target_.origin) return not_sent("the adapter has moved", true);
  std::string_view target = request.target;
  std::string literal;
  if (target_.settings && !job.polling) {
    const auto operation = target_.settings->operations.find(request.operation);
    if (operation == target_.settings->operations.end()) {
      return not_sent(fmt::format("adapter '{}' has no operation '{}' any more", name_, request.operation), false);
    }
    job.operation = &operation->second;
    job.snapshot = target_.snapshot;
  } else if (!target_.settings) {
    auto url = parse_url(request.target);
    if (!url) return not_sent("the endpoint " + url.error().message, false, url.error().detail, "validation");
    literal = std::move(url->target);
    target = literal;
  }
  const Secret* authorization = target_.authorization ? &*target_.authorization : nullptr;
  if (job.authorization) authorization = &*job.authorization;
  const auto written = write_request(bytes_, job.call,
                                     {.authority = authority_,
                                      .base_path = job.polling ? std::string_view() : target_.base_path,
                                      .target = target,
                                      .authorization = authorization,
                                      .secret_headers = job.secret_headers,
                                      .deadline = job.deadline_at});
  if (!written) return not_sent(written.error().message, false, written.error().detail, "validation");
  return std::nullopt;
}

void Lane::put_on_a_connection(Job job) {
  const saga::Request& request = *job.call.request;
  const ExpectedAnswer expected{.without_body = request.method == "HEAD",
                                .keep_fields = request.output == definition::AnswerForm::kResponse};
  for (;;) {
    Connection* connection = nullptr;
    if (idle_.empty()) {
      connection = &open_connection();
    } else {
      connection = idle_.back();
      idle_.pop_back();
    }
    connection->request().swap(bytes_);
    if (connection->begin(job.deadline, expected)) {
      slots_[connection->slot].job = std::move(job);
      return;
    }
    connection->request().swap(bytes_);  // the peer had closed it before a byte was sent: take another
    release(*connection);
  }
}

Connection& Lane::open_connection() {
  const Connection::Context context{.owner = *this,
                                    .wheel = context_.wheel,
                                    .resolver = context_.resolver,
                                    .clock = context_.ports.clock,
                                    .idle_timeout = context_.options.idle_timeout};
  auto connection = target_.origin.tls
                        ? make_tls_connection(context_.loop, context, target_.origin, dial_, context_.ports.trust)
                        : make_plain_connection(context_.loop, context, target_.origin, dial_);
  if (free_slots_.empty()) {
    free_slots_.push_back(slots_.size());
    slots_.emplace_back();
  }
  connection->slot = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[connection->slot];
  slot.connection = std::move(connection);
  return *slot.connection;
}

// The connection may be destroyed here unless somebody above holds it.
void Lane::release(Connection& connection) {
  const std::size_t index = connection.slot;
  const auto held = std::exchange(slots_[index].connection, nullptr);
  free_slots_.push_back(index);
  held->close();
}

Lane::Job Lane::take_job(Connection& connection) {
  return std::exchange(slots_[connection.slot].job, Job{});
}

void Lane::answered(Connection& connection) {
  const auto held = slots_[connection.slot].connection;
  Job job = take_job(connection);
  Response& response = connection.reader().response();
  const bool is_asked_again = can_answer(job, response);
  static const OutcomeRules kNoRules;
  saga::Answer answer = answer_from(response, *job.call.request, job.operation ? job.operation->outcomes : kNoRules,
                                    context_.ports.clock.now());
  park(connection);
  if (is_asked_again) return answer_challenge(std::move(job), std::move(answer));
  end_request(std::move(job), response, std::move(answer));
}

void Lane::end_request(Job job, const Response& response, saga::Answer answer) {
  const auto hint = parse_retry_after(response.retry_after, context_.ports.clock.now());
  const bool begins = !job.polling && job.operation && job.operation->poll && answer.status == 202 &&
                      meaning_of(202, job.operation->outcomes).outcome == saga::AttemptOutcome::kDone;
  const std::string location = begins ? response.location : std::string();
  char code[12];
  const auto end = fmt::format_to_n(code, sizeof code, "{}", answer.status).out;
  leave(job, verdict_on(answer.status), {code, static_cast<std::size_t>(end - code)});
  pump();
  if (job.polling) return heard(std::move(job), std::move(answer), hint);
  if (begins) return begin_polling(std::move(job), std::move(answer), location, hint);
  job.done(std::move(answer));
}

// For the next call, where it can carry one.
void Lane::park(Connection& connection) {
  if (connection.is_idle() && connection.origin() == target_.origin && !is_gone_) {
    idle_.push_back(&connection);
  } else {
    release(connection);
  }
}

void Lane::failed(Connection& connection, FailureReport report) {
  const auto held = slots_[connection.slot].connection;
  Job job = take_job(connection);
  release(connection);
  const bool is_refusal = job.refusal && !report.sent;
  // The end of the attempt says nothing of the participant, which may answer questions well.
  const bool is_attempts_end = job.polling && job.deadline == job.polling->deadline && report.kind == Failure::kTimeout;
  leave(job, is_attempts_end ? Gate::Verdict::kNone : Gate::Verdict::kFailing,
        is_refusal ? "401" : label_of(report.kind));
  pump();
  if (job.polling) return pause(std::move(job), std::nullopt);
  job.done(is_refusal ? std::move(*job.refusal) : answer_from(std::move(report)));
}

void Lane::idle_closed(Connection& connection) {
  const auto held = slots_[connection.slot].connection;
  std::erase(idle_, &connection);
  release(connection);
}

void Lane::leave(const Job& job, Gate::Verdict verdict, std::string_view code) {
  const Steady now = context_.ports.clock.steady();
  gate_.leave(now, job.probe, verdict);
  watch_circuit();
  auto& telemetry = context_.ports.telemetry;
  telemetry.adapter_inflight(name_, -1);
  telemetry.adapter_request(name_, job.call.request->operation, code, now - job.started);
}

void Lane::watch_circuit() {
  const bool open = gate_.is_open();
  if (open == circuit_shown_open_) return;
  circuit_shown_open_ = open;
  context_.ports.telemetry.circuit(name_, open);
  context_.ports.log.write(open ? ports::LogLevel::kWarning : ports::LogLevel::kInfo,
                           open ? "circuit opened: calls wait" : "circuit closed: calls flow again",
                           {{"adapter", name_}, {"participant", authority_}});
}

}  // namespace skald::adapters
