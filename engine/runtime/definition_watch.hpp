// Keeps the definitions of this node up to date with what other nodes register: at the store's notice, and every half a
// minute whether or not there was one.
//
// Life cycle: from construction to destruction, after load_stored(); the store and the definitions outlive it.
#pragma once

#include "engine/async/periodic_thread.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/runtime/definitions.hpp"

namespace skald::runtime {

class DefinitionWatch {
 public:
  DefinitionWatch(ports::DefinitionStore& store, Definitions& definitions);
  ~DefinitionWatch();
  DefinitionWatch(const DefinitionWatch&) = delete;
  DefinitionWatch& operator=(const DefinitionWatch&) = delete;

 private:
  ports::DefinitionStore& store_;
  async::PeriodicThread thread_;
};

}  // namespace skald::runtime
