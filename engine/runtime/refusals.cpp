#include "engine/runtime/refusals.hpp"

namespace skald::runtime {

Error draining() {
  return {.code = "engine.draining", .message = "the engine is shutting down", .remedy = "try another node"};
}

Error no_shards() {
  return {.code = "engine.no_shards",
          .message = "this node has no shards to put an execution into",
          .remedy = "try another node, or again in some seconds"};
}

Error moved(const ExecutionId& id) {
  return {.code = "engine.moved",
          .message = "another node goes on with this execution",
          .subject = to_string(id),
          .remedy = "ask again"};
}

}  // namespace skald::runtime
