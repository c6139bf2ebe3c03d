// Names to addresses without blocking the loop. Numeric addresses need no look-up.
//
// An answer is remembered for 30 seconds. After them the name is looked up again while the old answer serves on, for
// ten minutes at most and until the name is said to have no address: look-ups are made one after another, so that
// nobody waits behind a name whose servers do not answer.
//
// Thread rule: one loop. Look-ups for one name that overlap are one. Life cycle: callbacks not yet called are dropped
// with the resolver.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/ports/clock.hpp"

namespace skald::adapters {

class Resolver {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;  // never empty
  using Callback = std::function<void(const Result<Addresses>&)>;

  Resolver(boost::asio::io_context& loop, ports::Clock& clock);
  ~Resolver();

  // What is known at once: a numeric address or a remembered answer; null otherwise. Valid until the next call.
  const Addresses* find(const std::string& host);

  // Calls back later, never inside. Errors: "dns.failed".
  void resolve(const std::string& host, Callback callback);

  // From now on this address comes first where the name has it: one before it did not answer.
  void prefer(const std::string& host, const boost::asio::ip::address& address);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace skald::adapters
