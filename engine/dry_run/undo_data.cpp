#include "engine/dry_run/undo_data.hpp"

#include <nlohmann/json.hpp>
#include <set>

#include "engine/saga/path.hpp"

namespace skald::dry_run {
namespace {

// "chargeId" and "items.0" of what a body has values for.
void collect_values(const Json& value, const std::string& name, std::set<std::string>& names) {
  if (value.is_structured()) {
    for (const auto& [key, child] : value.items()) collect_values(child, name.empty() ? key : name + "." + key, names);
  } else if (!value.is_null()) {
    names.insert(name);
  }
}

// The names of a query: a field that is null is left out of it.
void collect_query(std::string_view target, std::set<std::string>& names) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return;
  std::string_view query = target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    names.insert(std::string(field.substr(0, field.find('='))));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
  }
}

std::set<std::string> values_of(const saga::Request& request) {
  std::set<std::string> names;
  const auto body = request.body.empty() ? Result<Json>(Json()) : parse_json(request.body);
  if (body) collect_values(*body, "", names);
  collect_query(request.target, names);
  return names;
}

}  // namespace

void UndoData::note(const Run& run) {
  for (const auto& [path, request] : run.undo_requests) {
    const auto* step = saga::find_step(run.state, saga::step_of(path));
    if (step == nullptr || !request) continue;
    auto& seen = step->output.is_null() ? unknown_ : known_;
    seen.try_emplace(saga::static_path(path), Seen{.request = request, .schedule = run.schedule});
  }
}

std::vector<UndoData::Gap> UndoData::gaps() const {
  std::vector<Gap> gaps;
  for (const auto& [path, with] : known_) {
    const auto without = unknown_.find(path);
    if (without == unknown_.end()) continue;
    const auto left = values_of(*without->second.request);
    for (const auto& name : values_of(*with.request)) {
      if (left.contains(name)) continue;
      gaps.push_back({.undo = path, .key = "with." + name, .schedule = without->second.schedule});
    }
  }
  return gaps;
}

}  // namespace skald::dry_run
