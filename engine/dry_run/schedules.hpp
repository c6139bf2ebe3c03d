// Which schedules follow from a run, and a choice of them where they are too many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/dry_run/run.hpp"

namespace skald::dry_run {

// The columns of a report: what happens to a call last.
enum class Column : std::uint8_t { kRefused, kUnknown, kLost, kSlow, kCrash, kCancelled, kTimedOut };

struct Candidate {
  Schedule schedule;
  std::string step;  // static path of whom its last trouble meets
  Column column = Column::kRefused;
  std::size_t number = 0;  // in the order in which candidates were found
};

// A run's schedule with one more trouble, behind those that it has. Of the entries of a step only the first two and the
// last are asked. Returns how many calls were left out for that.
struct Extensions {
  std::vector<Candidate> candidates;
  std::size_t calls_left_out = 0;
};
Extensions extend(const Run& run);

// Keeps at most so many candidates; of more, each is as likely to be kept as another (algorithm R: Vitter 1985).
class Pool {
 public:
  Pool(std::size_t max, std::uint64_t seed) : max_(max), random_(seed) {}

  void add(Candidate candidate);
  std::size_t seen() const { return seen_; }
  std::size_t kept() const { return kept_.size(); }
  // As they were found, or mixed by the seed: where only the first of them will be used.
  enum class Order : std::uint8_t { kFound, kMixed };
  std::vector<Candidate> take(Order order);

 private:
  std::uint64_t next();

  std::size_t max_;
  std::uint64_t random_;
  std::size_t seen_ = 0;
  std::vector<Candidate> kept_;
};

}  // namespace skald::dry_run
