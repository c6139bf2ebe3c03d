// A small file in shared memory that outlives its process, killed or crashed: which executions its threads had in hand,
// and how many processes have died with them. It need not survive the machine, so it is never synced.
//
// Three deaths within an hour of each other make an execution suspected, for an hour after the last one. Another
// version of Skald begins anew.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/in_hand.hpp"

namespace skald::adapters {

class InHandFile final : public ports::InHand {
 public:
  // Makes the file where there is none, and counts the deaths that it tells of. One process a file. Errors:
  // "inhand.unavailable".
  static Result<std::unique_ptr<InHandFile>> open(const std::string& path, std::string_view version,
                                                  ports::Clock& clock);

  void take(const ExecutionId& id) noexcept override;
  void put_down() noexcept override;
  bool is_suspected(const ExecutionId& id) const noexcept override;

 private:
  struct Content;

  InHandFile(boost::interprocess::mapped_region region, ports::Clock& clock);
  Content& content() const;
  void count_deaths(std::string_view version);

  boost::interprocess::mapped_region region_;
  ports::Clock& clock_;
  bool any_suspected_ = false;
};

}  // namespace skald::adapters
