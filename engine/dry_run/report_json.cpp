#include "engine/dry_run/report_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/dry_run/summary.hpp"

namespace skald::dry_run {
namespace {

Json order_json(const Run& run) {
  Json order = Json::array();
  for (const auto& line : run.lines) {
    Json entry = {{"atMillis", line.at.count()}, {"kind", to_string(line.kind)}, {"detail", line.words}};
    if (!line.step.empty()) entry["step"] = line.step;
    if (line.attempt != 0) entry["attempt"] = line.attempt;
    order.push_back(std::move(entry));
  }
  return order;
}

Json run_json(const Run& run) {
  return {{"schedule", to_text(run.schedule)}, {"flags", to_flags(run.schedule)},
          {"ending", to_string(run.ending)},   {"calls", run.calls},
          {"millis", run.duration.count()},    {"standing", run.standing},
          {"order", order_json(run)}};
}

Json finding_json(const Finding& finding) {
  return {{"severity", finding.severity == Severity::kError ? "error" : "warning"},
          {"kind", finding.kind},
          {"step", finding.step},
          {"message", finding.message},
          {"remedy", finding.remedy},
          {"line", finding.mark.line},
          {"column", finding.mark.column}};
}

Json tried_json(const Tried& tried) {
  return {{"schedule", to_text(tried.candidate.schedule)},
          {"flags", to_flags(tried.candidate.schedule)},
          {"ending", to_string(tried.ending)},
          {"calls", tried.calls},
          {"millis", tried.duration.count()}};
}

Json coverage_json(const Report& report) {
  Json coverage = Json::array();
  for (const auto& row : summarize(report)) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (row.cells[i].endings.empty()) continue;
      Json endings = Json::object();
      for (const auto& [ending, count] : row.cells[i].endings) endings[std::string(to_string(ending))] = count;
      coverage.push_back({{"call", row.call},
                          {"trouble", to_string(static_cast<Column>(i))},
                          {"endings", std::move(endings)},
                          {"errors", row.cells[i].has_errors}});
    }
  }
  return coverage;
}

}  // namespace

Json to_json(const Report& report, const Origin& origin) {
  Json findings = Json::array();
  for (const auto& reported : report.findings) {
    Json finding = finding_json(reported.finding);
    finding["schedules"] = reported.schedules;
    finding["example"] = run_json(reported.example);
    const std::string flags = to_flags(reported.example.schedule);
    finding["command"] = fmt::format("{}{}{}", origin.command, flags.empty() ? "" : " ", flags);
    findings.push_back(std::move(finding));
  }
  Json parked = Json::array();
  for (const auto& entry : report.parked) {
    parked.push_back({{"step", entry.step},
                      {"incident", entry.incident},
                      {"schedules", entry.schedules},
                      {"flags", to_flags(entry.example)}});
  }
  Json levels = Json::array();
  for (const auto& level : report.levels) levels.push_back({{"found", level.found}, {"tried", level.tried}});
  const Extremes extremes = extremes_of(report);
  return {{"workflow", report.workflow},
          {"file", origin.file},
          {"schedules", report.tried.size()},
          {"seed", report.seed},
          {"findings", std::move(findings)},
          {"parked", std::move(parked)},
          {"troubles", std::move(levels)},
          {"coverage", coverage_json(report)},
          {"withoutTrouble", tried_json(report.tried.front())},
          {"fewestCalls", tried_json(report.tried[extremes.fewest_calls])},
          {"mostCalls", tried_json(report.tried[extremes.most_calls])},
          {"longest", tried_json(report.tried[extremes.longest])},
          {"accepted", report.accepted},
          {"assumed", report.assumptions},
          {"notTried", report.not_tried}};
}

Json to_json(const Subject& subject, const Run& run, const std::vector<Finding>& findings) {
  Json value = run_json(run);
  value["workflow"] = name_of(subject);
  value["assumed"] = subject.assumptions;
  value["notes"] = missed_troubles(run);
  value["findings"] = Json::array();
  for (const auto& finding : findings) value["findings"].push_back(finding_json(finding));
  return value;
}

}  // namespace skald::dry_run
