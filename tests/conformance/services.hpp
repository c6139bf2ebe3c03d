// The services that the workflow of a case calls: each answers what the case says, in the meaning that the HTTP adapter
// gives it. One thread.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "adapters/secret.hpp"
#include "engine/base/json.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_participant.hpp"

namespace skald::test {

class Services {
 public:
  // `answers`: "GET https://..." to a list of answers; the last one is given to all that come after it.
  Services(const Json& answers, const Json& secrets, ManualClock& clock);

  // What the participant of a bench asks, again and again, until the answer is due.
  std::optional<saga::Answer> answer(const ports::ParticipantCall& call);

  const Json& requests() const { return requests_; }    // {method, uri, headers, body}, in the order of their arrival
  const Json& published() const { return published_; }  // the events that an adapter was sent

 private:
  struct Pending {
    Timestamp due;
    saga::Answer answer;
  };

  Pending take(const ports::ParticipantCall& call);
  Json next_answer(const std::string& name);
  Json request_of(const ports::ParticipantCall& call) const;

  Json answers_;
  adapters::Secrets secrets_;
  ManualClock& clock_;
  std::map<std::string, std::size_t> taken_;
  std::map<std::string, Pending> pending_;
  Json requests_ = Json::array();
  Json published_ = Json::array();
};

}  // namespace skald::test
