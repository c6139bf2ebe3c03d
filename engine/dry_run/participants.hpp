// The world's answers to calls: by the schedule, by the participants' books, by the outputs of the subject.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/dry_run/ledger.hpp"
#include "engine/dry_run/schedule.hpp"
#include "engine/dry_run/subject.hpp"
#include "engine/saga/answer.hpp"

namespace skald::dry_run {

// What a call that is answered takes.
inline constexpr Millis kLatency{100};
// A call that nobody answers is answered after so many attempts all the same: a retry may be without end.
inline constexpr std::uint32_t kUnansweredMax = 100;

struct Reply {
  saga::Answer answer;
  Millis after{0};       // from the moment it was sent
  bool crashes = false;  // the engine dies before it hears the answer
  std::string words;     // for people: "done", "refused (409)", "no answer, but it took effect"
};

class Participants {
 public:
  Participants(const Subject& subject, const Schedule& schedule)
      : subject_(subject), schedule_(schedule), ledger_(*subject.definition) {}

  Reply receive(const saga::SendRequest& request);
  // What a step that listens hears; none: nothing comes.
  std::optional<Payload> event_for(const std::string& step);
  const Ledger& ledger() const { return ledger_; }

 private:
  Trouble trouble_of(const saga::SendRequest& request);
  Reply arrive(const saga::SendRequest& request);
  Reply run(const saga::SendRequest& request);
  Payload output_of(const saga::SendRequest& request);
  Payload next_output(const std::string& step);

  const Subject& subject_;
  const Schedule& schedule_;
  Ledger ledger_;
  std::map<std::string, std::uint32_t> received_;     // attempts by path, settling left out
  std::map<std::string, Payload> answered_;           // by key: a repeated key has the first answer
  std::map<std::string, std::size_t> answers_given_;  // by static path
};

}  // namespace skald::dry_run
