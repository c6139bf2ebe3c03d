// Operators who have replayed what has ended, and do not always know whether they were heard.
#include <utility>

#include "engine/runtime/execution_loader.hpp"
#include "tests/simulation/clients.hpp"

namespace skald::simulation {
namespace {

constexpr std::size_t kReplaysMax = 12;  // of a run

void list_paths(const saga::StepState& step, std::vector<std::string>& paths) {
  if (!step.path.empty()) paths.push_back(step.path);
  for (const auto& child : step.children) list_paths(child, paths);
}

// "start", "failed", or one of its steps.
std::string draw_place(World& world, const saga::State& original) {
  if (world.chance(40)) return "start";
  if (world.chance(60)) return "failed";
  std::vector<std::string> paths;
  list_paths(original.root, paths);
  return paths.empty() ? "start" : paths[world.below(paths.size())];
}

}  // namespace

void Clients::consider_replay(const ports::StoredExecution& row) {
  if (replays_.size() >= kReplaysMax || !around_.faults.happens(Fault::kReplay)) return;
  const auto original = runtime::read_state(around_.database.rows(), row.id);
  if (!original) return around_.oracle.problem(to_text(original.error()));
  auto& world = around_.world;
  want_replay({.original = row.id,
               .from = draw_place(world, *original),
               .version = std::nullopt,
               .input = std::nullopt,
               .reason = reason(),
               .accept_standing = world.chance(50),
               .actor = {}});
}

// Each request has an actor of its own, so that one that was taken twice is seen.
void Clients::want_replay(runtime::ReplayCommand command) {
  auto& wanted = replays_.emplace_back();
  wanted.command = std::move(command);
  wanted.command.actor = fmt::format("replayer {}", replays_.size());
  ++commands_;
  around_.world.after(soon(around_.world), [this, &wanted] {
    --commands_;
    ask(wanted);
  });
}

void Clients::ask(Replay& wanted) {
  Node* node = any_node();
  if (!node) return;
  around_.world.note("operator", "asks {} to replay {} from {}", node->name(), short_id(wanted.command.original),
                     wanted.command.from);
  node->call([this, &wanted, question = open(*node)](runtime::Engine& engine) {
    engine.replay(wanted.command,
                  [this, &wanted, question, asked_at = around_.world.utc()](Result<runtime::Started> started) {
                    close(question);
                    answered(wanted, asked_at, std::move(started));
                  });
  });
  around_.world.after(kPatience, [this, &wanted] {
    if (!std::exchange(wanted.answered, true)) ask_again(wanted);
  });
}

void Clients::answered(Replay& wanted, Timestamp asked_at, Result<runtime::Started> started) {
  auto& oracle = around_.oracle;
  wanted.answered = true;
  if (started) {
    around_.world.note("operator", "has replay {} of {}", short_id(started->id), short_id(wanted.command.original));
    wanted.id = started->id;
    oracle.replay_acknowledged(*started, wanted.command);
    return oracle.state_seen(*started->state);
  }
  const auto& error = started.error();
  around_.world.note("operator", "is refused the replay: {}", error.code);
  // What waits for another node is applied there.
  if (error.code == "command.pending") return;
  const auto original = runtime::read_state(around_.database.rows(), wanted.command.original);
  if (original && note_refusal(error, original->input, std::nullopt, asked_at)) return;
  if (!is_temporary(error)) return oracle.replay_refused(error, wanted.command);
  ask_again(wanted);
}

// It may have been begun all the same; then this one is another.
void Clients::ask_again(const Replay& wanted) {
  if (replays_.size() < kReplaysMax && around_.world.chance(50)) want_replay(wanted.command);
}

}  // namespace skald::simulation
