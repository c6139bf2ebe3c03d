#include "tests/simulation/verdict_replays.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/saga/path.hpp"

namespace skald::simulation {
namespace {

using saga::ExecutionReplayed;

class ReplayJudge {
 public:
  ReplayJudge(const Cases& cases, const std::deque<Replay>& wanted, const Services& services)
      : cases_(cases), services_(services) {
    for (const auto& replay : wanted) wanted_[replay.command.actor] = &replay;
  }

  std::vector<std::string> judge() {
    for (const auto& [actor, replay] : wanted_) check_acknowledged(*replay);
    for (const auto& [id, judged] : cases_) {
      check_marks(judged);
      if (judged.state.replay_of) check_replay(judged);
    }
    return std::move(problems_);
  }

 private:
  template <class... Args>
  void problem(const Case& judged, fmt::format_string<Args...> text, Args&&... args) {
    problems_.push_back(fmt::format("{}: {}", short_id(judged.row.id), fmt::format(text, std::forward<Args>(args)...)));
  }

  // What was acknowledged is there.
  void check_acknowledged(const Replay& replay) {
    if (replay.id && !cases_.contains(*replay.id))
      problems_.push_back(fmt::format("replay {} is lost", short_id(*replay.id)));
  }

  // Each names a replay that there is and that somebody asked for, once; the effects are taken over once.
  void check_marks(const Case& original) {
    bool taken_over = false;
    for (std::size_t i = 0; i < original.events.size(); ++i) {
      const auto* mark = std::get_if<ExecutionReplayed>(&original.events[i].data);
      if (!mark) continue;
      const auto& actor = original.rows[i].actor;
      const auto wish = wanted_.find(actor);
      if (wish == wanted_.end()) {
        problem(original, "{} has it replayed, who never asked", actor);
      } else if (wish->second->command.reason != mark->reason) {
        problem(original, "{} gave another reason than '{}'", actor, mark->reason);
      }
      if (!heard_.insert(actor).second) problem(original, "what {} asked for was done twice", actor);
      if (taken_over) problem(original, "is replayed after its effects were taken over");
      taken_over = taken_over || mark->reuses;
      check_repeated(original, i, actor);
      const auto replay = cases_.find(mark->replay);
      if (replay == cases_.end()) {
        problem(original, "is marked with replay {}, which does not exist", short_id(mark->replay));
      } else if (replay->second.rows.front().actor != actor) {
        problem(original, "its replay {} was begun by somebody else", short_id(mark->replay));
      }
      check_standing(original, *mark, actor);
    }
  }

  // Without leave what a replay has completed is not done again by the next one.
  void check_repeated(const Case& original, std::size_t row, const std::string& actor) {
    const auto wish = wanted_.find(actor);
    if (wish == wanted_.end() || wish->second->command.accept_standing) return;
    for (std::size_t i = 0; i < row; ++i) {
      const auto* earlier = std::get_if<ExecutionReplayed>(&original.events[i].data);
      const auto replay = earlier ? cases_.find(earlier->replay) : cases_.end();
      if (replay != cases_.end() && replay->second.state.outcome == saga::Outcome::kCompleted)
        problem(original, "is replayed again for {}, after {} has completed", actor, short_id(earlier->replay));
    }
  }

  // Without leave nothing stands that the replay did not take over.
  void check_standing(const Case& original, const ExecutionReplayed& mark, const std::string& actor) {
    const auto it = wanted_.find(actor);
    if (it == wanted_.end() || it->second->command.accept_standing || was_overruled(original, cases_)) return;
    for (const auto& [place, effect] : services_.effects()) {
      if (effect.stands && holder_of(place, cases_) == original.row.id)
        problem(original, "{} stands, and {} repeats it", place.second, short_id(mark.replay));
    }
  }

  void check_replay(const Case& replay) {
    const auto& source = *replay.state.replay_of;
    if (replay.row.created.replay_of != source.execution) problem(replay, "its row names another original");
    const auto original = cases_.find(source.execution);
    if (original == cases_.end()) return problem(replay, "replays what does not exist");
    const auto& marks = original->second.state.replays;
    const auto mark = std::ranges::find(marks, replay.row.id, &ExecutionReplayed::replay);
    if (mark == marks.end()) return problem(replay, "its original is not marked");
    if (mark->from != source.from) problem(replay, "is from {} there, and from {} here", mark->from, source.from);
    bool reuses = false;
    for (const auto& event : replay.events) {
      const auto* step = std::get_if<saga::StepReused>(&event.data);
      if (step) check_reused(replay, original->second, *step);
      const auto* defined = step ? replay.definition->find(saga::static_path(step->step)) : nullptr;
      reuses = reuses || (step && step->request) || (defined && defined->compensate);
    }
    if (mark->reuses != reuses) problem(replay, "what it takes over is not what its original says");
  }

  // Taken over as the original left it.
  void check_reused(const Case& replay, const Case& original, const saga::StepReused& reused) {
    const auto* step = saga::find_step(original.state, reused.step);
    const bool stood =
        step && step->status == saga::StepStatus::kCompleted && step->undo_status == saga::UndoStatus::kNone;
    if (!stood) return problem(replay, "takes over {}, which does not stand", reused.step);
    const bool same_request =
        step->request && reused.request ? *step->request == *reused.request : step->request == reused.request;
    if (!same_request || step->output.text() != reused.output.text() ||
        place_of(original.state, *step).first != reused.origin)
      problem(replay, "takes over {} as it was not", reused.step);
    const auto key = fmt::format("{}/{}", to_string(reused.origin), reused.step);
    const bool is_called = reused.request && !reused.request->is_to_engine();
    if (is_called && !was_overruled(original, cases_) && !services_.applied(key))
      problem(replay, "takes over {}, which the service never did", reused.step);
  }

  const Cases& cases_;
  const Services& services_;
  std::map<std::string, const Replay*> wanted_;  // by actor
  std::set<std::string> heard_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> judge_replays(const Cases& cases, const std::deque<Replay>& wanted, const Services& services) {
  return ReplayJudge(cases, wanted, services).judge();
}

}  // namespace skald::simulation
