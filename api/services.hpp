// What the handlers of the routes work with. References: the composition root owns everything and outlives the server.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/problem.hpp"
#include "api/router.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/ports/execution_index.hpp"
#include "engine/ports/history_store.hpp"
#include "engine/ports/log.hpp"
#include "engine/ports/schedule_store.hpp"
#include "engine/runtime/definitions.hpp"
#include "engine/runtime/engine.hpp"

namespace skald::async {
class Offload;
}

namespace skald::api {

// What the database says of itself.
struct StorageState {
  bool writable = true;
  bool low_on_space = false;  // starts are refused, so that undoing has room
};

struct Services {
  runtime::Engine& engine;
  runtime::Definitions& definitions;
  ports::HistoryStore& history;
  ports::ExecutionIndex& index;
  ports::DefinitionStore& definition_store;
  ports::ScheduleStore& schedules;
  ports::Log& log;
  Problems& problems;
  async::Offload& blocking;                     // reads, loads and everything else that must not run on a loop
  std::function<StorageState()> storage_state;  // cheap; any thread
  // All nodes that share the database, this one alone where it does not share it. Blocks.
  std::function<Result<std::vector<ports::ClusterNode>>()> nodes;
  std::function<std::string()> scrape;  // the text of /metrics; any thread
  const std::atomic<bool>& shutting_down;
};

// Every route of the API. The order is that of the OpenAPI document.
void add_routes(Router& router, Services& services);

void add_workflow_routes(Router& router, Services& services);
void add_graph_routes(Router& router, Services& services);
void add_start_route(Router& router, Services& services);
void add_execution_routes(Router& router, Services& services);
void add_command_routes(Router& router, Services& services);
void add_event_routes(Router& router, Services& services);
void add_replay_route(Router& router, Services& services);
void add_incident_routes(Router& router, Services& services);
void add_schedule_routes(Router& router, Services& services);
void add_operate_routes(Router& router, Services& services);

// Runs `work` where it may block; what it throws becomes a 500.
void run_blocking(Services& services, Call call, std::function<void(Call)> work);
// The same for work that returns the answer.
void answer_blocking(Services& services, Call call, std::function<Response(const Call&)> work);

Response json_response(int status, std::string body);
// `{"items":[...],"nextCursor":...}` with Link: rel="next"; `items` is the text between the brackets.
Response page_response(const Request& request, std::string items, const std::string& next_cursor);
// The problem of an error, for this request.
Response problem(const Services& services, const Call& call, const Error& error);
// The same for what could not be begun: of one that has begun earlier for the same, the problem shows `execution`.
void answer_not_begun(Services& services, Call call, const Error& error);
// The answer to what would begin an execution while the disk is nearly full; none where there is room.
std::optional<Response> refuse_for_space(const Services& services, const Call& call);
// The id in the path's n-th place. Errors: "execution.unknown" for what is no id.
Result<ExecutionId> path_id(const Call& call);

}  // namespace skald::api
