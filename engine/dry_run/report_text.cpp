#include "engine/dry_run/report_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "engine/dry_run/summary.hpp"
#include "engine/dry_run/text_table.hpp"
#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

// Of the example of a finding; the command that is named there shows them all.
constexpr std::size_t kExampleLinesMax = 30;

constexpr std::string_view kLegend =
    "REFUSED a definite no; UNKNOWN it took effect, and nobody hears of it; LOST it never arrives, and is refused "
    "when\n"
    "asked again; SLOW just within its timeout; CRASH of the engine, before it is sent or after it took effect;\n"
    "CANCELLED, TIMED OUT (the workflow) while it runs. \"goes on\" the way back does; \"!\" an error was found "
    "there.\n";

// "chargePayment" for "chargePayment/compensate": the kind of the line says the rest.
std::string_view name_of(const Line& line) {
  const std::string_view step = line.step;
  const bool is_undo = line.kind == Line::Kind::kUndo && step.ends_with(saga::kUndoSuffix);
  return is_undo ? step.substr(0, step.size() - saga::kUndoSuffix.size()) : step;
}

// "charge, look (60 times)".
std::string standing_text(const Run& run) {
  std::vector<std::string> order;
  std::map<std::string, std::size_t> times;
  for (const auto& step : run.standing) {
    const std::string path = saga::static_path(step);
    if (times[path]++ == 0) order.push_back(path);
  }
  for (auto& path : order) {
    if (times[path] > 1) path += fmt::format(" ({} times)", times[path]);
  }
  return fmt::format("{}", fmt::join(order, ", "));
}

bool repeats(const Line& one, const Line& other) {
  return one.kind == other.kind && one.step == other.step && one.words == other.words && one.kind != Line::Kind::kNote;
}

// Of an undo it matters whether the way back goes on; how it ends depends on what led there.
std::string_view word_of(Ending ending, bool is_undo) {
  const bool goes_on = ending != Ending::kParked && ending != Ending::kUnfinished;
  return is_undo && goes_on ? "goes on" : to_string(ending);
}

std::string cell_text(const Cell& cell, bool is_undo) {
  if (cell.first.empty()) return "-";
  std::set<std::string_view> words;
  for (const Ending ending : cell.first) words.insert(word_of(ending, is_undo));
  return fmt::format("{}{}", fmt::join(words, "/"), cell.first_has_errors ? "!" : "");
}

// The columns in which something happened.
std::vector<std::size_t> used_columns(const std::vector<Row>& rows) {
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const bool is_used =
        std::any_of(rows.begin(), rows.end(), [&](const Row& row) { return !row.cells[i].first.empty(); });
    if (is_used) used.push_back(i);
  }
  return used;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string summary_text(const Report& report) {
  const auto rows = summarize(report);
  const auto columns = used_columns(rows);
  std::vector<std::vector<std::string>> table = {{"CALL"}};
  for (const std::size_t column : columns) table[0].push_back(upper(to_string(static_cast<Column>(column))));
  for (const auto& row : rows) {
    std::vector<std::string> cells = {row.call};
    for (const std::size_t column : columns) cells.push_back(cell_text(row.cells[column], saga::is_in_undo(row.call)));
    table.push_back(std::move(cells));
  }
  return to_table(table, "") + "\n" + std::string(kLegend);
}

std::string coverage_text(const Report& report) {
  std::vector<std::vector<std::string>> table = {{"CALL", "LAST TROUBLE", "SCHEDULES", "ENDINGS"}};
  for (const auto& row : summarize(report)) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      const Cell& cell = row.cells[i];
      std::size_t schedules = 0;
      std::vector<std::string> endings;
      for (const auto& [ending, count] : cell.endings) {
        schedules += count;
        endings.push_back(fmt::format("{} {}", to_string(ending), count));
      }
      if (schedules == 0) continue;
      table.push_back({row.call, std::string(to_string(static_cast<Column>(i))), std::to_string(schedules),
                       fmt::format("{}{}", fmt::join(endings, ", "), cell.has_errors ? "!" : "")});
    }
  }
  return to_table(table, "");
}

std::string extremes_text(const Report& report) {
  const Extremes extremes = extremes_of(report);
  std::vector<std::vector<std::string>> table;
  const auto add = [&](std::string_view what, std::size_t index) {
    const Tried& tried = report.tried[index];
    const auto& schedule = tried.candidate.schedule;
    table.push_back({std::string(what), count_of(tried.calls, "call"), to_words(tried.duration),
                     std::string(to_string(tried.ending)), to_text(schedule)});
  };
  add("nothing goes wrong", 0);
  table.back().back().clear();
  add("fewest calls", extremes.fewest_calls);
  add("most calls", extremes.most_calls);
  add("longest", extremes.longest);
  return to_table(table, "");
}

// "checkout.yaml:14:5: error: what and why [kind]", and what to do about it.
std::string finding_text(const Finding& finding, const std::string& file) {
  const std::string text =
      fmt::format("{}:{}:{}: {}: {} [{}]\n", file, finding.mark.line, finding.mark.column,
                  finding.severity == Severity::kError ? "error" : "warning", finding.message, finding.kind);
  return finding.remedy.empty() ? text : text + "  " + finding.remedy + "\n";
}

std::string finding_text(const Reported& reported, const Origin& origin) {
  std::string text = finding_text(reported.finding, origin.file);
  const std::string flags = to_flags(reported.example.schedule);
  text += fmt::format("  in {}, such as {}{}{}\n", count_of(reported.schedules, "schedule"), origin.command,
                      flags.empty() ? "" : " ", flags);
  const bool is_error = reported.finding.severity == Severity::kError;
  return is_error ? text + order_of(reported.example, "    ", kExampleLinesMax) : text;
}

std::string parked_text(const Report& report) {
  if (report.parked.empty()) return {};
  std::vector<std::vector<std::string>> table = {{"PARKED AT", "INCIDENT", "SCHEDULES", "FOR EXAMPLE"}};
  for (const auto& parked : report.parked) {
    table.push_back({parked.step.empty() ? "(the whole)" : parked.step, parked.incident,
                     std::to_string(parked.schedules), to_flags(parked.example)});
  }
  return to_table(table, "") + "\n";
}

std::vector<std::string> levels_text(const Report& report) {
  constexpr std::array<std::string_view, 3> kNames = {"single troubles", "pairs", "threes"};
  std::string text;
  for (std::size_t i = 0; i < report.levels.size(); ++i) {
    const Level& level = report.levels[i];
    text += fmt::format("{}{} of {} {}", text.empty() ? "" : ", ", level.tried, level.found, kNames.at(i));
  }
  return {text};
}

std::string headline(const Report& report) {
  const auto count = [&](Severity severity) {
    return static_cast<std::size_t>(std::count_if(report.findings.begin(), report.findings.end(),
                                                  [&](const auto& r) { return r.finding.severity == severity; }));
  };
  const std::size_t errors = count(Severity::kError);
  const std::size_t warnings = count(Severity::kWarning);
  return fmt::format("{}: {} tried, {}, {}\n", report.workflow, count_of(report.tried.size(), "schedule"),
                     errors == 0 ? "no errors" : count_of(errors, "error"),
                     warnings == 0 ? "no warnings" : count_of(warnings, "warning"));
}

std::string list_text(std::string_view title, const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += fmt::format("{:<12}{}\n", text.empty() ? title : "", item);
  return text;
}

}  // namespace

std::string order_of(const Run& run, std::string_view indent, std::size_t lines_max) {
  std::vector<std::vector<std::string>> table;
  for (std::size_t i = 0; i < run.lines.size(); ++i) {
    const Line& line = run.lines[i];
    std::size_t times = 1;
    while (i + 1 < run.lines.size() && repeats(line, run.lines[i + 1])) {
      ++times;
      ++i;
    }
    std::string words = times == 1 ? line.words : fmt::format("{} ({} times)", line.words, times);
    table.push_back({to_words(line.at), std::string(line.kind == Line::Kind::kNote ? "" : to_string(line.kind)),
                     std::string(name_of(line)), std::move(words)});
  }
  if (table.size() > lines_max) {
    const auto first = table.begin() + static_cast<std::ptrdiff_t>(lines_max / 2);
    const auto last = table.end() - static_cast<std::ptrdiff_t>(lines_max / 2);
    const auto left_out = static_cast<std::size_t>(last - first);
    *first = {"...", "", "", fmt::format("{} more", left_out)};
    table.erase(first + 1, last);
  }
  table.push_back({to_words(run.duration), "end", "", std::string(to_string(run.ending))});
  std::string text = to_table(table, indent);
  if (!run.standing.empty() && run.ending != Ending::kCompleted) {
    text += fmt::format("{}what stands: {}\n", indent, standing_text(run));
  }
  return text;
}

std::string to_text(const Report& report, const Origin& origin, bool coverage) {
  std::string text = headline(report) + "\n";
  text += coverage ? coverage_text(report) : summary_text(report);
  text += "\n" + extremes_text(report) + "\n" + parked_text(report);
  for (const auto& reported : report.findings) text += finding_text(reported, origin) + "\n";
  text += list_text("accepted", report.accepted) + list_text("assumed", report.assumptions);
  return text + list_text("tried", levels_text(report)) + list_text("not tried", report.not_tried);
}

std::string to_text(const Subject& subject, const Run& run, const std::vector<Finding>& findings,
                    const Origin& origin) {
  std::string text =
      fmt::format("{}: {}\n\n{}", name_of(subject), to_text(run.schedule), order_of(run, "", run.lines.size()));
  for (const auto& finding : findings) text += "\n" + finding_text(finding, origin.file);
  for (const auto& missed : missed_troubles(run)) text += fmt::format("\nnote: {}\n", missed);
  return subject.assumptions.empty() ? text : text + "\n" + list_text("assumed", subject.assumptions);
}

std::vector<std::string> missed_troubles(const Run& run) {
  std::vector<std::string> missed;
  for (const auto& fault : run.schedule.faults) {
    const bool was_met = std::any_of(run.points.begin(), run.points.end(), [&](const Point& point) {
      const bool may_fail = point.kind == Point::Kind::kCall || point.kind == Point::Kind::kEvent;
      return may_fail && point.step == fault.call;
    });
    if (!was_met)
      missed.push_back(fmt::format("{} was not called, so it could not be {}", fault.call, to_string(fault.trouble)));
  }
  const auto& interruption = run.schedule.interruption;
  if (interruption && !run.was_interrupted) {
    missed.push_back(fmt::format("the execution did not come to {}, or had ended there", interruption->step));
  }
  return missed;
}

}  // namespace skald::dry_run
