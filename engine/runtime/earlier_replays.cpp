#include "engine/runtime/earlier_replays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/engine_keys.hpp"
#include "engine/runtime/execution_loader.hpp"
#include "engine/saga/path.hpp"

namespace skald::runtime {
namespace {

constexpr std::string_view kLeave = "acceptStanding, or --accept-standing, lets it be replayed all the same";

Error repeated(const saga::State& original, const saga::State& replay, std::string_view is, std::string remedy) {
  return {.code = "replay.repeated",
          .message = fmt::format("replay {} {}", to_string(replay.id), is),
          .subject = to_string(original.id),
          .remedy = std::move(remedy)};
}

std::optional<Error> judge(const saga::State& original, const saga::State& replay) {
  if (!saga::is_terminal(replay.phase)) {
    return repeated(original, replay, "is under way", fmt::format("wait for its end; {}", kLeave));
  }
  if (replay.outcome == saga::Outcome::kCompleted) {
    return repeated(original, replay, "has completed", fmt::format("look whether that was what you want; {}", kLeave));
  }
  const auto standing = saga::standing_steps(replay);
  if (standing.empty()) return std::nullopt;
  std::string names;
  for (const auto* step : standing) names += (names.empty() ? "" : ", ") + step->path;
  return repeated(original, replay, "has left effects that stand: " + names,
                  fmt::format("replay that one instead; {}", kLeave));
}

class Search {
 public:
  Search(ports::HistoryStore& store, const saga::State& original) : store_(store), original_(original) {}

  Result<EarlierReplays> run() {
    ExecutionId first = original_.id;
    auto found = look_below(original_);
    std::optional<saga::State> ancestor;
    for (auto above = original_.replay_of; found && !*found && above; above = ancestor->replay_of) {
      passed_.push_back(first);
      first = above->execution;
      auto read = this->read(first);
      if (!read) return std::unexpected(std::move(read.error()));
      ancestor = std::move(*read);
      if (!ancestor) break;
      found = look_below(*ancestor);
    }
    if (found && !*found) found = look_at_keys(first);
    if (!found) return std::unexpected(std::move(found.error()));
    if (*found) return EarlierReplays{.repeated = std::move(*found), .next_key = {}};
    return EarlierReplays{.repeated = std::nullopt, .next_key = std::move(next_key_)};
  }

 private:
  // Nothing: it was removed.
  Result<std::optional<saga::State>> read(const ExecutionId& id) {
    auto state = read_state(store_, id);
    if (state) return std::optional(std::move(*state));
    if (state.error().code == "execution.unknown") return std::nullopt;
    return std::unexpected(std::move(state.error()));
  }

  // The latest first: it is the likeliest to be under way.
  Result<std::optional<Error>> look_below(const saga::State& top) {
    std::vector<ExecutionId> open;
    const auto add = [&](const saga::State& state) {
      for (const auto& replay : state.replays) {
        if (std::ranges::find(passed_, replay.replay) == passed_.end()) open.push_back(replay.replay);
      }
    };
    add(top);
    while (!open.empty()) {
      const ExecutionId id = open.back();
      open.pop_back();
      auto replay = read(id);
      if (!replay) return std::unexpected(std::move(replay.error()));
      if (!*replay) continue;
      if (auto error = judge(original_, **replay)) return error;
      add(**replay);
    }
    return std::nullopt;
  }

  // Up to the first number that is free. They lead also to those whose marks were removed with their originals.
  Result<std::optional<Error>> look_at_keys(const ExecutionId& first) {
    for (int number = 1;; ++number) {
      next_key_ = fmt::format("{}{}/{}", kReplayKey, to_string(first), number);
      auto row = store_.find_by_key(original_.namespace_name, original_.name, next_key_);
      if (!row) return std::unexpected(std::move(row.error()));
      if (!*row) return std::nullopt;
      const auto& id = (*row)->id;
      if (id == original_.id || std::ranges::find(passed_, id) != passed_.end()) continue;
      auto replay = read(id);
      if (!replay) return std::unexpected(std::move(replay.error()));
      auto error = *replay ? judge(original_, **replay) : std::nullopt;
      if (error) return error;
    }
  }

  ports::HistoryStore& store_;
  const saga::State& original_;
  std::vector<ExecutionId> passed_;  // on the way up
  std::string next_key_;
};

}  // namespace

Result<EarlierReplays> find_earlier_replays(ports::HistoryStore& store, const saga::State& original) {
  return Search(store, original).run();
}

}  // namespace skald::runtime
