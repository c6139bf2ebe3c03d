#include "bench/load/load_loop.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

namespace skald::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEventsMax = 256;
constexpr int kPollMillis = 10;
constexpr std::size_t kBodyShown = 300;

enum class Stage { kWarmup, kWindow, kDrain };

struct Slot {
  Connection connection;
  Clock::time_point sent_at;
  bool waiting = false;
};

class Loop {
 public:
  explicit Loop(const LoadPlan& plan)
      : plan_(plan), request_(plan.request), slots_(static_cast<std::size_t>(plan.connections)) {}
  ~Loop() {
    if (epoll_ >= 0) ::close(epoll_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Result<LoadResult> run();

 private:
  Result<void> connect(Slot& slot);
  Result<void> send_next(Slot& slot);
  Result<void> on_ready(Slot& slot);
  Result<void> advance(Clock::time_point now);
  Result<void> take_samples(bool first);
  void judge(const Answer& answer, Clock::time_point sent_at, Clock::time_point now);
  void note_bad(std::string kind, std::string_view shown);
  bool finished(Clock::time_point now) const;
  bool may_send() const;

  const LoadPlan& plan_;
  Request request_;
  std::vector<Slot> slots_;
  int epoll_ = -1;
  Stage stage_ = Stage::kWarmup;
  Clock::time_point stage_start_;
  std::uint64_t outstanding_ = 0;
  LoadResult result_;
};

Result<void> Loop::connect(Slot& slot) {
  if (auto opened = slot.connection.open(plan_.target); !opened) return opened;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &slot}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, slot.connection.descriptor(), &event) != 0) {
    return failure("bench.epoll", "cannot watch a connection");
  }
  return {};
}

bool Loop::may_send() const {
  return stage_ != Stage::kDrain && (plan_.count == 0 || result_.sent < plan_.count);
}

Result<void> Loop::send_next(Slot& slot) {
  if (!may_send()) return {};
  const std::string_view bytes = request_.numbered(++result_.sent);
  slot.sent_at = Clock::now();
  slot.waiting = true;
  ++outstanding_;
  if (slot.connection.send(bytes)) return {};
  // An idle keep-alive connection may have been closed by the server: once more on a fresh one.
  if (auto again = connect(slot); !again) return again;
  if (!slot.connection.send(bytes)) return failure("bench.send", "a fresh connection did not take a request");
  return {};
}

void Loop::note_bad(std::string kind, std::string_view shown) {
  ++result_.bad;
  if (result_.first_bad.empty()) result_.first_bad = fmt::format("{}: {}", kind, shown.substr(0, kBodyShown));
  ++result_.kinds[std::move(kind)];
}

void Loop::judge(const Answer& answer, Clock::time_point sent_at, Clock::time_point now) {
  const bool looks_at_outcome = !plan_.expected_outcome.empty() && answer.status == plan_.expected_status;
  const std::string_view outcome = looks_at_outcome ? top_level_string(answer.body, "outcome") : std::string_view{};
  if (answer.status != plan_.expected_status || outcome != std::string_view(plan_.expected_outcome)) {
    note_bad(
        looks_at_outcome ? fmt::format("{} outcome '{}'", answer.status, outcome) : fmt::format("{}", answer.status),
        answer.body);
    return;
  }
  ++result_.good;
  if (stage_ != Stage::kWindow) return;
  ++result_.measured;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now - sent_at).count();
  result_.latency_us.push_back(static_cast<std::uint32_t>(micros));
}

Result<void> Loop::on_ready(Slot& slot) {
  const Answer answer = slot.connection.receive();
  if (answer.state == AnswerState::kIncomplete) return {};
  if (slot.waiting) {
    slot.waiting = false;
    --outstanding_;
    if (answer.state == AnswerState::kComplete) {
      judge(answer, slot.sent_at, Clock::now());
    } else {
      note_bad("connection lost", "");
    }
  }
  if (answer.state == AnswerState::kMalformed || answer.close) {
    if (auto again = connect(slot); !again) return again;
  }
  return send_next(slot);
}

Result<void> Loop::take_samples(bool first) {
  if (first) result_.uses.resize(plan_.watched.size());
  for (std::size_t i = 0; i < plan_.watched.size(); ++i) {
    auto sample = sample_process(plan_.watched[i].pid);
    if (!sample) return std::unexpected(sample.error());
    result_.uses[i].name = plan_.watched[i].name;
    (first ? result_.uses[i].before : result_.uses[i].after) = *sample;
  }
  return {};
}

// Moves to the next stage when the present one is over.
Result<void> Loop::advance(Clock::time_point now) {
  const auto in_stage = now - stage_start_;
  if (stage_ == Stage::kWarmup && in_stage >= plan_.warmup) {
    stage_ = Stage::kWindow;
    stage_start_ = now;
    return take_samples(true);
  }
  const bool all_answered = plan_.count != 0 && result_.sent == plan_.count && outstanding_ == 0;
  const bool window_over = plan_.count == 0 ? in_stage >= plan_.window : all_answered;
  if (stage_ == Stage::kWindow && window_over) {
    result_.seconds = std::chrono::duration<double>(in_stage).count();
    stage_ = Stage::kDrain;
    stage_start_ = now;
    return take_samples(false);
  }
  return {};
}

bool Loop::finished(Clock::time_point now) const {
  return stage_ == Stage::kDrain && (outstanding_ == 0 || now - stage_start_ >= plan_.drain);
}

Result<LoadResult> Loop::run() {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return failure("bench.epoll", "no epoll instance");
  for (Slot& slot : slots_) {
    if (auto connected = connect(slot); !connected) return std::unexpected(connected.error());
  }
  stage_start_ = Clock::now();
  if (auto advanced = advance(stage_start_); !advanced) return std::unexpected(advanced.error());
  for (Slot& slot : slots_) {
    if (auto sent = send_next(slot); !sent) return std::unexpected(sent.error());
  }
  std::array<epoll_event, kEventsMax> events{};
  while (!finished(Clock::now())) {
    const int ready = ::epoll_wait(epoll_, events.data(), kEventsMax, kPollMillis);
    if (ready < 0 && errno != EINTR) return failure("bench.epoll", "waiting failed");
    for (int i = 0; i < ready; ++i) {
      if (auto handled = on_ready(*static_cast<Slot*>(events[static_cast<std::size_t>(i)].data.ptr)); !handled)
        return std::unexpected(handled.error());
    }
    if (auto advanced = advance(Clock::now()); !advanced) return std::unexpected(advanced.error());
  }
  result_.unanswered = outstanding_;
  return std::move(result_);
}

}  // namespace

Result<LoadResult> run_load(const LoadPlan& plan) {
  return Loop(plan).run();
}

}  // namespace skald::bench
