// One connection of a client, and the execution that it has in flight: a callback chain from its start over three
// commits and calls to the last commit and the 201.
//
// Exactly one thing is under way at any time: a read, a commit, a call or a write. The session ends itself where its
// client has gone or the participant failed. Thread rule: the loop.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "bench/probe/execution.hpp"
#include "bench/probe/inbox.hpp"
#include "bench/probe/participant.hpp"
#include "bench/probe/writer.hpp"

namespace skald::probe {

class Session;

// What all sessions share.
struct Host {
  Writer& writer;
  Participant& participant;
  std::uint64_t random = 0;  // the state of splitmix64
  std::list<Session> sessions;

  std::uint64_t next_random();
};

class Session final : private CommitSink, private Caller {
 public:
  Session(Socket socket, Host& host);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start(std::list<Session>::iterator place);

 private:
  void read();
  void dispatch();
  void committed() override;
  void answered(std::string_view body) override;
  void failed() override { close(); }
  void send(std::string_view bytes);
  void close();

  Host& host_;
  Socket socket_;
  std::list<Session>::iterator place_;
  Execution execution_;
  Inbox<true> inbox_{execution_.input};
  std::string output_;  // the call or the answer under way
};

}  // namespace skald::probe
