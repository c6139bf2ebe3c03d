// Plays one schedule: a definition on the real decide() and apply(), in virtual time, against scripted participants.
// Never sleeps; bounded in events. One thread.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/dry_run/participants.hpp"
#include "engine/dry_run/run.hpp"
#include "engine/saga/decide.hpp"

namespace skald::dry_run {

// A run that has recorded more on its way forward, and some more for each step of the document, is stopped: its flow
// goes round, or through very much.
inline constexpr std::uint64_t kForwardEventsMax = 1'500;
inline constexpr std::uint64_t kForwardEventsOfStep = 4;

// What a decision behind so many events costs, about: it goes through the steps that there are, those beside each other
// several times; of those to be undone each one is looked for.
std::uint64_t work_of(std::uint64_t position, bool has_rounds, bool undoes);

class World {
 public:
  // Both must outlive it.
  World(const Subject& subject, const Schedule& schedule);

  // Once.
  Run play();

 private:
  // A call between its sending and its answer.
  struct Flight {
    saga::SendRequest request;
    saga::Answer answer;
    Timestamp due;
  };

  // An event on its way to a step that listens.
  struct Arrival {
    std::string step;
    Payload data;
    Timestamp due;
  };

  void take(saga::Input input);
  void begin_to_listen(const std::string& step);
  void arrive(const Arrival& arrival);
  void perform(const saga::Effect& effect);
  void send(const saga::SendRequest& request);
  void crash();
  // Moves the clock to what comes next. False: nothing does before an operator's word.
  bool go_on();

  void note(const saga::Event& event);
  void note(std::string_view step, std::string words, Line::Kind kind = Line::Kind::kNote);
  void note_points(const saga::Input& input, const saga::Decision& decision);
  std::string under_way() const;
  // Cancels or times out where the schedule says so and the time has come.
  void interrupt();
  void end();
  bool is_at_bound() const;

  const Subject& subject_;
  const Schedule& schedule_;
  Participants participants_;
  Run run_;
  saga::State state_;
  Timestamp now_;
  std::uint64_t epoch_ = 1;
  std::uint64_t decisions_ = 0;
  std::set<std::pair<Point::Kind, std::string>> known_points_;
  std::vector<Flight> flights_;    // in the order of sending
  std::vector<Arrival> arrivals_;  // in the order of their coming
  bool has_crashed_ = false;       // in this decision
  bool interrupts_ = false;        // the moment of the schedule's interruption has come
};

Run play(const Subject& subject, const Schedule& schedule);

}  // namespace skald::dry_run
