// Why this process, of all that share a database, does not do what it is asked.
#pragma once

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"

namespace skald::runtime {

// "engine.draining": it is shutting down.
Error draining();
// "engine.no_shards": it has no shard to put an execution into.
Error no_shards();
// "engine.moved": another node has the execution, or will have it.
Error moved(const ExecutionId& id);
// "unique.taken", by the execution that has the unique key: its subject.
Error taken(const ExecutionId& holder);
Error suspected(const ExecutionId& id);

}  // namespace skald::runtime
