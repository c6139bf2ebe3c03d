// Who owns which shards, where several processes share one database.
//
// An execution belongs to one shard for ever, a shard to one node at a time. Each change of owner counts the shard's
// epoch on, and an append under an older epoch is fenced. A node loses shards in two ways only: it gives them up, or
// its lease has run out and another node evicts it, with everything it had. All times are those of the database's
// clock. Thread rule: blocking; any thread but a loop, one call at a time.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/limits.hpp"
#include "engine/base/time.hpp"

namespace skald::ports {

using ShardSet = std::bitset<limits::kShardCount>;

struct HeldShard {
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;

  bool operator==(const HeldShard&) const = default;
};

// For lists.
struct ClusterNode {
  std::string name;
  std::string address;  // where its API listens, "http://..."
  std::string version;  // of the binary
  Timestamp started_at{};
  std::optional<Timestamp> lease_until;  // absent: it needs none
  bool draining = false;
  std::uint32_t shards = 0;

  bool operator==(const ClusterNode&) const = default;
};

// What a renewal says.
struct Membership {
  std::vector<HeldShard> held;
  std::size_t share = limits::kShardCount;  // what a node should hold at most; what is beyond it is to be given up
  // When it may say something else: another lease runs out, or shards were just being shared out.
  std::optional<Millis> next_change;
};

// What a node wants with its renewal.
enum class MemberMode {
  kServing,
  kOutdated,  // it has met what it does not know: no shards as long as a node of a newer version serves
  kLeaving,   // no shards
};

class ShardLeases {
 public:
  virtual ~ShardLeases() = default;

  // Joins, or renews the lease; evicts nodes whose lease has run out, and takes free shards up to this node's share.
  // After an eviction of this node it joins again: then everything it had was lost, and what it
  // holds now has new epochs. Errors: "store.unavailable", "node.replaced": another process has joined under this name.
  virtual Result<Membership> renew(MemberMode mode) = 0;
  // How long a renewal counts from the moment it was asked for.
  virtual Millis lease() const = 0;

  // Gives shards up, for others to take at once. Nothing of theirs may be under way. Errors: "store.unavailable".
  virtual Result<void> release(const ShardSet& shards) = 0;
  // Gives everything up and leaves. Errors: "store.unavailable".
  virtual Result<void> leave() = 0;

  // `changed` is called on a thread of the store's when another node gave shards up or left: renew() may take them.
  // Before the first renew(); null: nobody is told any more.
  virtual void notify(std::function<void()> changed) = 0;
};

}  // namespace skald::ports
