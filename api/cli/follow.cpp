#include "api/cli/follow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "api/cli/print.hpp"

namespace skald::cli {
namespace {

using nlohmann::json;

constexpr Millis kPoll{200};
constexpr int kAwayPollsMax = 150;  // half a minute

// A GET that survives a restart of the server.
class Poller {
 public:
  explicit Poller(Client& client) : client_(client) {}

  // nullopt: given up; `code` is the exit code.
  std::optional<json> get(const std::string& target, int& code) {
    while (true) {
      const auto answer = client_.send({.target = target});
      if (answer && answer->ok()) {
        if (away_ > 0) std::cerr << "the server is back\n";
        away_ = 0;
        return json::parse(answer->body, nullptr, false);
      }
      const bool may_come_back = answer ? answer->status == 503 : answer.error().code != "client.server";
      if (!may_come_back || away_ == kAwayPollsMax) {
        code = answer ? report_problem(*answer) : report(answer.error());
        return std::nullopt;
      }
      if (away_++ == 0) std::cerr << "the server does not answer; waiting for it\n";
      pause(kPoll);
    }
  }

 private:
  Client& client_;
  int away_ = 0;
};

bool needs_operator(const json& execution) {
  if (text_at(execution, "phase") != "suspended") return false;
  for (const auto& incident : execution.value("incidents", json::array())) {
    if (incident.value("open", false)) return true;
  }
  return execution.value("suspended", false);
}

bool is_over(const json& execution) {
  return !text_at(execution, "endedAt").empty() || needs_operator(execution);
}

// "incident 1: skip, refunded by hand"
std::string note_of_resolution(const json& data) {
  const auto reason = text_at(data, "reason");
  return fmt::format("incident {}: {}{}{}", data.value("number", 0), text_at(data, "resolution"),
                     reason.empty() ? "" : ", ", reason);
}

std::string note_of(const json& data) {
  if (!data.is_object()) return {};
  if (data.contains("resolution")) return note_of_resolution(data);
  for (const char* key : {"error", "lastError"}) {
    const auto it = data.find(key);
    if (it == data.end() || !it->is_object()) continue;
    const auto title = text_at(*it, "title");
    const auto detail = text_at(*it, "detail");
    return title.empty() || detail.empty() ? title + detail : title + ": " + detail;
  }
  for (const char* key : {"outcome", "at", "waitUntil", "reason", "incident"}) {
    if (const auto text = text_at(data, key); !text.empty()) return text;
  }
  return {};
}

// Events that somebody asked for; what follows from them in the same step carries the actor too.
bool names_actor(std::string_view type) {
  static constexpr std::string_view kTypes[] = {"ExecutionStarted", "CancelRequested",  "ExecutionSuspended",
                                                "ExecutionResumed", "IncidentResolved", "ExecutionReplayed"};
  return std::ranges::find(kTypes, type) != std::end(kTypes);
}

void print_hint(const json& execution) {
  for (const auto& incident : execution.value("incidents", json::array())) {
    if (!incident.value("open", false)) continue;
    const auto number = incident.value("number", 0);
    const auto id = text_at(execution, "id");
    std::cout << fmt::format("incident {} ({}) waits for you: skald retry {} {}, or skip, or resolve\n", number,
                             text_at(incident, "kind"), id, number);
  }
}

void print_field(std::string_view name, const std::string& text) {
  if (!text.empty()) std::cout << fmt::format("{:<11}", name) << printable(text) << '\n';
}

std::string list_labels(const json& execution) {
  std::string list;
  for (const auto& [key, value] : execution.value("labels", json::object()).items()) {
    list += (list.empty() ? "" : ", ") + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return list;
}

// The execution at `key`, with what `more` of it says.
std::string linked(const json& execution, const char* key, const char* more) {
  const auto link = execution.find(key);
  if (link == execution.end() || !link->is_object()) return {};
  const auto text = text_at(*link, more);
  return text_at(*link, "execution") + (text.empty() ? "" : fmt::format(" ({} {})", more, text));
}

void print_undoing(const json& execution) {
  const auto compensation = execution.value("compensation", json::object());
  const auto state = text_at(compensation, "state");
  if (state.empty() || state == "none") return;
  std::string text = state;
  if (const auto reason = text_at(compensation, "reason"); !reason.empty()) text += ", because of: " + reason;
  if (const auto step = text_at(compensation, "failedStep"); !step.empty()) text += ", failed step: " + step;
  print_field("undoing", text);
}

// What most executions do not have.
void print_circumstances(const json& execution) {
  if (const auto cancel = execution.find("cancelReason"); cancel != execution.end()) {
    const auto reason = text_at(execution, "cancelReason");
    print_field("cancel", reason.empty() ? "asked for" : "asked for: " + reason);
  }
  if (execution.value("suspended", false)) print_field("held", "by an operator");
  if (execution.value("pivoted", false)) print_field("pivot", "passed");
  print_field("deadline", text_at(execution, "deadline"));
  print_undoing(execution);
  print_field("labels", list_labels(execution));
  print_field("parent", linked(execution, "parent", "step"));
  print_field("replay of", linked(execution, "replayOf", "from"));
  for (const auto& replay : execution.value("replays", json::array())) {
    print_field("replay", text_at(replay, "execution") + " (from " + text_at(replay, "from") + ")");
  }
}

// Until when a step that runs waits: for its time, or for its next attempt.
std::string note_of_step(const json& step) {
  for (const auto& [key, words] : {std::pair{"waitUntil", "waits until "}, {"retryAt", "tried again at "}}) {
    if (const auto time = text_at(step, key); !time.empty() && text_at(step, "status") == "running")
      return words + time;
  }
  const auto error = step.find("error");
  return error != step.end() && error->is_object() ? text_at(*error, "title") : "";
}

void print_steps(const json& steps, const std::string& indent, std::vector<std::vector<std::string>>& rows) {
  for (const auto& step : steps) {
    const auto undo = step.find("undo");
    rows.push_back({indent + text_at(step, "name"), text_at(step, "status"), std::to_string(step.value("attempts", 0)),
                    clock_of(text_at(step, "startedAt")), clock_of(text_at(step, "endedAt")),
                    undo != step.end() ? text_at(*undo, "status") : "", note_of_step(step)});
    if (const auto children = step.find("steps"); children != step.end()) print_steps(*children, indent + "  ", rows);
  }
}

}  // namespace

std::vector<std::string> history_cells(const json& row) {
  const auto attempt = row.find("attempt");
  const auto actor = text_at(row, "actor");
  std::string note = note_of(row.value("data", json::object()));
  if (names_actor(text_at(row, "type")) && !actor.empty()) note += (note.empty() ? "by " : " by ") + actor;
  return {clock_of(text_at(row, "at")), text_at(row, "type"), text_at(row, "step"),
          attempt != row.end() && attempt->is_number() ? std::to_string(attempt->get<int>()) : "", note};
}

int exit_code_of(const json& execution) {
  return text_at(execution, "outcome") == "completed" ? kDone : kNotCompleted;
}

void print_execution(const json& execution) {
  const auto workflow = execution.value("workflow", json::object());
  const auto outcome = text_at(execution, "outcome");
  const auto phase = text_at(execution, "phase");
  std::cout << "execution  " << text_at(execution, "id") << '\n'
            << "workflow   " << text_at(workflow, "namespace") << '/' << text_at(workflow, "name") << ' '
            << text_at(workflow, "version") << '\n'
            << "phase      " << coloured(phase, colour_of(phase)) << '\n';
  if (!outcome.empty()) std::cout << "outcome    " << coloured(outcome, colour_of(outcome)) << '\n';
  if (const auto status = text_at(execution, "status"); !status.empty()) std::cout << "status     " << status << '\n';
  std::cout << "started    " << text_at(execution, "startedAt") << '\n';
  if (const auto ended = text_at(execution, "endedAt"); !ended.empty()) std::cout << "ended      " << ended << '\n';
  print_circumstances(execution);
  for (const char* key : {"output", "error"}) {
    const auto it = execution.find(key);
    if (it == execution.end() || it->is_null()) continue;
    std::cout << fmt::format("{:<11}", key) << it->dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  }
  std::vector<std::vector<std::string>> rows = {{"STEP", "STATUS", "ATTEMPTS", "STARTED", "ENDED", "UNDO", "NOTE"}};
  print_steps(execution.value("steps", json::array()), "", rows);
  if (rows.size() > 1) {
    std::cout << '\n';
    print_table(rows);
  }
  print_hint(execution);
}

int follow(Client& client, const Context& context, const std::string& id) {
  Poller poller(client);
  const std::string path = "/v1/executions/" + percent_encode(id);
  std::uint64_t position = 0;
  int code = kDone;
  while (true) {
    const auto page = poller.get(path + "/history?limit=500&after=" + std::to_string(position), code);
    if (!page) return code;
    const auto items = page->value("items", json::array());
    for (const auto& row : items) {
      position = row.value("position", position);
      if (context.format() != Format::kTable) {
        print_document(Format::kJson, row);
        continue;
      }
      const auto cells = history_cells(row);
      std::cout << fmt::format("{}  {:<20} {:<28} {:<3} {}", cells[0], cells[1], cells[2], cells[3], cells[4])
                << std::endl;
    }
    if (!items.empty()) continue;
    const auto execution = poller.get(path, code);
    if (!execution) return code;
    if (is_over(*execution) && execution->value("position", position) <= position) {
      if (context.format() == Format::kTable) {
        const auto outcome = text_at(*execution, "outcome");
        std::cout << (outcome.empty() ? "suspended" : coloured(outcome, colour_of(outcome))) << std::endl;
        print_hint(*execution);
      }
      return exit_code_of(*execution);
    }
    pause(kPoll);
  }
}

int wait_for_end(Client& client, const Context& context, const std::string& id) {
  Poller poller(client);
  int code = kDone;
  while (true) {
    const auto execution = poller.get("/v1/executions/" + percent_encode(id), code);
    if (!execution) return code;
    if (is_over(*execution)) {
      context.format() == Format::kTable ? print_execution(*execution) : print_document(context.format(), *execution);
      return exit_code_of(*execution);
    }
    pause(kPoll);
  }
}

}  // namespace skald::cli
