// The calls to one participant: its queue, its gate, its keep-alive connections (last in, first out).
//
// Thread rule: one loop. Life cycle: owned by the participant; abandon() cuts everything without an answer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/http/authorization.hpp"
#include "adapters/http/connection.hpp"
#include "adapters/http/gate.hpp"
#include "adapters/http/token_store.hpp"
#include "adapters/http_participant.hpp"

namespace skald::adapters {

// What every lane of a participant uses.
struct LaneContext {
  boost::asio::io_context& loop;
  const HttpPorts& ports;
  const HttpOptions& options;
  DeadlineWheel& wheel;
  Resolver& resolver;
  TokenStore& tokens;
  // Hands an answer that is known at once to `done`, later.
  std::function<void(ports::Participant::Done, saga::Answer)> answer_later;
  // Takes over changed settings, which may end the lane.
  std::function<void()> refresh;
};

// Where a lane leads. Without `settings` it serves `call: http`.
struct LaneTarget {
  Origin origin;
  std::string base_path;
  CallLimits limits;
  AdaptersSnapshotPtr snapshot;  // keeps `settings` alive
  const AdapterSettings* settings = nullptr;
  std::optional<Secret> authorization;  // the header's value
  std::string authorization_problem;    // why there is none although there should be
};

class Lane final : private Connection::Owner {
 public:
  // `name` labels metrics and logs: the adapter's, or "http".
  Lane(LaneContext context, std::string name, LaneTarget target);
  ~Lane() override;

  void send(ports::ParticipantCall call, ports::Participant::Done done);

  // New settings act on the next send. Absent: the adapter has gone, and what waits for it is refused.
  void retarget(std::optional<LaneTarget> target);

  // Sends what may go now.
  void pump();

  // Takes back a call that waits for its turn, or for a token before its first request.
  bool withdraw(const ExecutionId& execution, std::string_view key);

  void abandon();
  bool is_unused() const { return queue_.empty() && polls_.empty() && gate_.in_flight() == 0; }

 private:
  // Work that was accepted, and is asked after.
  struct Polling {
    PollSettings settings;
    Origin origin;       // that has accepted it
    Steady deadline{0};  // of the attempt
    Timestamp deadline_at{};
  };
  // Ends a question that waits for its turn at the deadline of its attempt.
  struct Overdue final : DeadlineWheel::Entry {
    explicit Overdue(Lane& owner) : lane(owner) {}
    void expired() override { lane.end_question(*this); }

    Lane& lane;
  };
  struct Job {
    ports::ParticipantCall call;
    ports::Participant::Done done;
    std::shared_ptr<const AdaptersSnapshot> snapshot;  // keeps `operation` alive
    const OperationSettings* operation = nullptr;
    Steady started{0};
    Steady deadline{0};
    Timestamp deadline_at{};
    std::optional<Secret> authorization;  // the step's own
    HeadersWithSecrets secret_headers;
    std::optional<saga::Answer> refusal;  // the 401 that is being answered: the next one counts
    std::optional<Polling> polling;
    std::unique_ptr<Overdue> overdue;
    bool probe = false;
  };
  // Between two questions.
  struct Pause final : DeadlineWheel::Entry {
    Pause(Lane& owner, Job paused) : lane(owner), job(std::move(paused)) {}
    void expired() override { lane.ask_again(*this); }

    Lane& lane;
    Job job;
  };
  struct Slot {
    std::shared_ptr<Connection> connection;
    Job job;
  };

  void answered(Connection& connection) override;
  void failed(Connection& connection, FailureReport report) override;
  void idle_closed(Connection& connection) override;

  void refuse_waiting();
  void dispatch(Job job);
  SecretsOfSteps secrets_for(const ports::ParticipantCall& call, const AdaptersSnapshot& snapshot) const;
  void authorize(Job job);
  std::optional<FailureReport> find_secret_headers(Job& job) const;
  void fetch_token(Job job, std::optional<Secret> refused);
  void token_came(std::uint64_t number, Result<Secret> header);
  bool can_answer(Job& job, const Response& response);
  void answer_challenge(Job job, saga::Answer refusal);
  void end_request(Job job, const Response& response, saga::Answer answer);
  void begin_polling(Job job, saga::Answer accepted, std::string_view location, std::optional<Millis> hint);
  void pause(Job job, std::optional<Millis> hint);
  void ask_again(Pause& pause);
  void end_question(const Overdue& overdue);
  void heard(Job job, saga::Answer answer, std::optional<Millis> hint);
  void launch(Job job);
  void refuse(Job job, FailureReport problem);
  std::optional<FailureReport> prepare(Job& job);
  void put_on_a_connection(Job job);
  void park(Connection& connection);
  Connection& open_connection();
  void release(Connection& connection);
  Job take_job(Connection& connection);
  void leave(const Job& job, Gate::Verdict verdict, std::string_view code);
  void watch_circuit();
  void wake_after(Steady delay);

  LaneContext context_;
  std::string name_;
  LaneTarget target_;
  std::string authority_;
  Origin dial_;
  bool is_gone_ = false;
  Gate gate_;
  bool circuit_shown_open_ = false;
  bool pumping_ = false;
  std::deque<Job> queue_;
  std::list<Pause> polls_;
  std::map<std::uint64_t, Job> without_token_;  // by the number of their wish
  std::uint64_t wishes_ = 0;
  std::deque<Slot> slots_;
  std::vector<std::size_t> free_slots_;
  std::vector<Connection*> idle_;
  std::string bytes_;  // of the request being prepared
  boost::asio::steady_timer wake_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // the timer's handler may outlive the lane
};

}  // namespace skald::adapters
