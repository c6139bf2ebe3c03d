#include "engine/dry_run/explore.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "engine/dry_run/text_table.hpp"
#include "engine/dry_run/undo_data.hpp"
#include "engine/dry_run/world.hpp"
#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

class Explorer {
 public:
  Explorer(const Subject& subject, const Options& options) : subject_(subject), options_(options) {}

  Report explore() {
    report_.workflow = name_of(subject_);
    report_.assumptions = subject_.assumptions;
    for (const auto& [step, reason] : subject_.accepted) {
      report_.accepted.push_back(fmt::format("{} may stand: {}", step, reason));
    }
    report_.seed = options_.seed;
    Pool singles = pool(options_.runs_max - 1);
    try_one({}, &singles);
    Pool pairs = pool(runs_left(singles.kept()));
    try_all(singles, &pairs, "single troubles");
    Pool threes = pool(runs_left(pairs.kept()));
    try_all(pairs, &threes, "pairs of troubles");
    try_all(threes, nullptr, "schedules of three troubles");
    report_gaps();
    tell_what_was_not_tried();
    put_errors_first();
    return std::move(report_);
  }

 private:
  Pool pool(std::size_t max) const { return {max, options_.seed}; }

  // How many runs there is time for, by what the first one took and a way back from its end would take.
  std::size_t affordable_runs() const { return 1 + options_.work_max / std::max<std::uint64_t>(run_work_, 1); }

  std::size_t runs_left(std::size_t planned) const {
    return options_.runs_max - std::min(options_.runs_max, report_.tried.size() + planned);
  }

  void try_all(Pool& pool, Pool* next, std::string_view what) {
    const std::size_t seen = pool.seen();
    std::size_t tried = 0;
    const bool is_affordable = report_.tried.size() + pool.kept() <= affordable_runs();
    const bool is_chosen = !is_affordable || pool.kept() < seen;
    const auto order = is_affordable ? Pool::Order::kFound : Pool::Order::kMixed;
    for (auto& candidate : pool.take(order)) {
      if (work_ > options_.work_max) break;
      try_one(std::move(candidate), next);
      ++tried;
    }
    report_.levels.push_back({.found = seen, .tried = tried});
    if (tried == seen) return;
    std::string text = fmt::format("{} of {} {}", seen - tried, seen, what);
    if (tried != 0 && is_chosen) text += fmt::format("; those tried were chosen by seed {}", options_.seed);
    report_.not_tried.push_back(std::move(text));
  }

  void try_one(Candidate candidate, Pool* next) {
    Run run = play(subject_, candidate.schedule);
    work_ += run.work;
    if (report_.tried.empty()) {
      run_work_ = run.work + run.calls * work_of(run.state.position, run.state.has_rounds, true);
    }
    undo_data_.note(run);
    for (const auto& point : run.points) note_call(point);
    const auto findings = judge(subject_, run, options_.may_stand);
    const bool has_errors =
        std::any_of(findings.begin(), findings.end(), [](const auto& f) { return f.severity == Severity::kError; });
    report_.tried.push_back({.candidate = std::move(candidate),
                             .ending = run.ending,
                             .was_refused = run.was_refused,
                             .has_errors = has_errors,
                             .calls = run.calls,
                             .duration = run.duration});
    if (next != nullptr) {
      Extensions extensions = extend(run);
      for (auto& extension : extensions.candidates) next->add(std::move(extension));
      calls_left_out_ = std::max(calls_left_out_, extensions.calls_left_out);
    }
    note_steps(run.state.root);
    if (run.ending == Ending::kParked) note_parked(run);
    run.state = {};
    for (const auto& finding : findings) note_finding(finding, run);
  }

  void note_steps(const saga::StepState& step) {
    for (const auto& child : step.children) note_steps(child);
    for (const auto& undo : step.undo) note_steps(undo);
    std::string path = saga::static_path(step.path);
    if (!met_.contains(path)) met_.insert(std::move(path));
  }

  void note_parked(const Run& run) {
    for (const auto& incident : run.state.incidents) {
      if (!incident.open) continue;
      const Parked found{.step = saga::static_path(incident.step),
                         .incident = std::string(to_string(incident.kind)),
                         .schedules = 1,
                         .example = run.schedule};
      const auto known = std::find_if(report_.parked.begin(), report_.parked.end(), [&](const Parked& parked) {
        return parked.step == found.step && parked.incident == found.incident;
      });
      if (known == report_.parked.end()) {
        report_.parked.push_back(found);
      } else {
        ++known->schedules;
      }
    }
  }

  void note_call(const Point& point) {
    if (point.kind == Point::Kind::kAfter) return;
    std::string path = saga::static_path(point.step);
    if (rows_.insert(path).second) report_.calls.push_back(std::move(path));
  }

  // Findings that differ only in where they were found are one.
  void note_finding(const Finding& finding, const Run& run) {
    const auto known = std::find_if(report_.findings.begin(), report_.findings.end(),
                                    [&](const Reported& reported) { return reported.finding.is_same(finding); });
    if (known == report_.findings.end()) {
      report_.findings.push_back({.finding = finding, .schedules = 1, .example = run});
    } else {
      ++known->schedules;
      if (weight_of(run) < weight_of(known->example)) known->example = run;
    }
  }

  // The plainest example has few troubles and is short.
  static std::size_t weight_of(const Run& run) {
    constexpr std::size_t kTrouble = 4;
    return run.lines.size() + kTrouble * run.schedule.size();
  }

  void report_gaps() {
    for (const auto& gap : undo_data_.gaps()) {
      const std::string step(saga::step_of(gap.undo));
      Run example = play(subject_, gap.schedule);
      example.state = {};
      Finding finding{.severity = Severity::kWarning,
                      .kind = "undo-lacks-data",
                      .step = gap.undo,
                      .message = fmt::format("{} is called without a value for {} where nobody knows what {} answered",
                                             gap.undo, gap.key, step),
                      .remedy = "see to it that the participant finds the effect by the rest of the request"};
      place(finding, *subject_.definition);
      report_.findings.push_back({.finding = std::move(finding), .schedules = 1, .example = std::move(example)});
    }
  }

  void put_errors_first() {
    std::vector<Reported> sorted;
    for (const Severity severity : {Severity::kError, Severity::kWarning}) {
      for (auto& reported : report_.findings) {
        if (reported.finding.severity == severity) sorted.push_back(std::move(reported));
      }
    }
    report_.findings = std::move(sorted);
  }

  void tell_what_was_not_tried() {
    auto& not_tried = report_.not_tried;
    if (work_ > options_.work_max) {
      not_tried.push_back(fmt::format("more than {}: the workflow is large, and each takes its time",
                                      count_of(report_.tried.size(), "schedule")));
    }
    if (calls_left_out_ != 0) {
      not_tried.push_back(fmt::format(
          "troubles in other entries of a step than the first two and the last: {} places a run", calls_left_out_));
    }
    std::vector<std::string> unmet;
    for (const auto& [path, step] : subject_.definition->by_path) {
      if (!met_.contains(path)) unmet.push_back(path);
    }
    std::sort(unmet.begin(), unmet.end());
    if (!unmet.empty()) {
      not_tried.push_back(fmt::format(
          "steps that no run came to: {}; --input, --output or a schedule that was not tried may lead there",
          fmt::join(unmet, ", ")));
    }
    not_tried.emplace_back("four and more troubles at once, other data, an operator's word on an incident");
  }

  const Subject& subject_;
  const Options& options_;
  Report report_;
  UndoData undo_data_;
  std::set<std::string> rows_;  // the calls of the report
  std::set<std::string> met_;   // steps
  std::uint64_t work_ = 0;
  std::uint64_t run_work_ = 0;  // of one, at most, about
  std::size_t calls_left_out_ = 0;
};

}  // namespace

Report explore(const Subject& subject, const Options& options) {
  return Explorer(subject, options).explore();
}

Extremes extremes_of(const Report& report) {
  Extremes extremes;
  const auto& tried = report.tried;
  for (std::size_t i = 0; i < tried.size(); ++i) {
    const auto key = [&](std::size_t at) { return std::pair(tried[at].calls, tried[at].duration); };
    if (key(i) < key(extremes.fewest_calls)) extremes.fewest_calls = i;
    if (key(i) > key(extremes.most_calls)) extremes.most_calls = i;
    if (tried[i].duration > tried[extremes.longest].duration) extremes.longest = i;
  }
  return extremes;
}

bool has_errors(const Report& report) {
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [](const Reported& reported) { return reported.finding.severity == Severity::kError; });
}

}  // namespace skald::dry_run
