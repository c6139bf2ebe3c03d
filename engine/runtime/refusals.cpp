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

Error taken(const ExecutionId& holder) {
  return {.code = "unique.taken",
          .message = "this execution is about the same: it has the key that saga.unique makes of the input",
          .subject = to_string(holder),
          .remedy = "look at it; another one may start when `within` is over, or when it ends and has not completed"};
}

Error suspected(const ExecutionId& id) {
  return {.code = "execution.suspected",
          .message = "the process has died again and again while it had this execution in hand",
          .subject = to_string(id),
          .remedy = "terminate it, or start a version of Skald that can go on with it; it is tried again in an hour"};
}

}  // namespace skald::runtime
