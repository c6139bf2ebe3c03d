// One loop's way to the services, over a network that loses, delays, repeats and reorders.
//
// A request on its way has left the process: it may arrive after the process has died. An answer comes back to the
// process that asked, or to nobody. One thread. Life cycle: that of its engine.
#pragma once

#include <memory>
#include <vector>

#include "engine/ports/participant.hpp"
#include "engine/runtime/loops.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/oracle.hpp"
#include "tests/simulation/services.hpp"

namespace skald::simulation {

class SimulatedParticipant final : public ports::Participant {
 public:
  SimulatedParticipant(World& world, Faults& faults, Services& services, Oracle& oracle, LifePtr life,
                       runtime::Loop& loop)
      : world_(world), faults_(faults), services_(services), oracle_(oracle), life_(std::move(life)), loop_(loop) {}

  void send(ports::ParticipantCall call, Done done) override;
  bool withdraw(const ExecutionId& execution, std::string_view key) override;
  void abandon_all() override;

 private:
  struct Flight;
  using FlightPtr = std::shared_ptr<Flight>;

  bool is_cut() const;
  void depart(const FlightPtr& flight);
  // How long the request takes; nullopt: it is lost.
  std::optional<Nanos> way_there();
  void arrive(const FlightPtr& flight);
  void repeat_later(const ports::ParticipantCall& call);
  void answer(const FlightPtr& flight, Nanos delay, saga::Answer answer);
  void finish(const FlightPtr& flight, saga::Answer answer);

  World& world_;
  Faults& faults_;
  Services& services_;
  Oracle& oracle_;
  LifePtr life_;
  runtime::Loop& loop_;
  std::vector<FlightPtr> flights_;
};

}  // namespace skald::simulation
