#include "api/settings/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/definition/suggest.hpp"
#include "engine/definition/yaml_tree.hpp"

namespace skald::api {
namespace {

using definition::Node;

std::string place(const std::string& file, const definition::Mark& mark) {
  return fmt::format("{}:{}:{}", file, mark.line, mark.column);
}

// A scalar, a list of scalars or a map of scalars as the table's text; nullopt for anything deeper.
std::optional<std::string> value_text(const Node& node) {
  if (!node.is_map() && !node.is_sequence()) return node.is_null() ? std::string() : node.text;
  std::string joined;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (node.items[i].is_map() || node.items[i].is_sequence()) return std::nullopt;
    if (!joined.empty()) joined += ',';
    if (node.is_map()) joined += node.keys[i] + "=";
    joined += node.items[i].text;
  }
  return joined;
}

const Setting* find_setting(std::string_view name) {
  for (const auto& setting : setting_table()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

// The settings whose names begin with "prefix.", without that.
std::vector<std::string_view> section_of(const std::string& prefix) {
  std::vector<std::string_view> names;
  for (const auto& setting : setting_table()) {
    if (setting.name.starts_with(prefix + ".")) names.push_back(setting.name.substr(prefix.size() + 1));
  }
  return names;
}

void apply_map(Settings& settings, const std::string& file, const Node& map, const std::string& prefix,
               std::vector<Error>& problems) {
  for (std::size_t i = 0; i < map.items.size(); ++i) {
    const std::string name = prefix + map.keys[i];
    const Node& value = map.items[i];
    const bool is_known = find_setting(name) != nullptr;
    const auto section = is_known ? std::vector<std::string_view>() : section_of(name);
    if (!section.empty() && (value.is_map() || value.is_null())) {
      apply_map(settings, file, value, name + ".", problems);
      continue;
    }
    const auto text = value_text(value);
    if (!section.empty()) {
      problems.push_back({.code = "setting.invalid",
                          .message = fmt::format("'{}' must be a map of settings: {}", name, fmt::join(section, ", ")),
                          .subject = place(file, value.mark)});
      continue;
    }
    if (!text && is_known) {
      problems.push_back({.code = "setting.invalid",
                          .message = fmt::format("setting '{}' must be a value, not a nested structure", name),
                          .subject = place(file, value.mark)});
      continue;
    }
    const auto& mark = is_known ? value.mark : map.key_marks[i];
    if (auto done = apply_setting(settings, name, text.value_or(""), place(file, mark)); !done) {
      problems.push_back(std::move(done.error()));
    }
  }
}

std::string upper_snake(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') text += '_';
    text += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return text;
}

// YAML's single quotes: a quote inside is doubled, nothing else is special.
std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) text += c == '\'' ? "''" : std::string(1, c);
  return text + "'";
}

bool needs_quotes(const std::string& value) {
  return value.empty() || value.find_first_of("#:{}[],&*!|>'\"%@`= ") != std::string::npos;
}

}  // namespace

std::string environment_name(std::string_view setting) {
  return "SKALD_" + upper_snake(setting);
}

std::string flag_name(std::string_view setting) {
  std::string text = "--";
  for (const char c : setting) {
    if (c >= 'A' && c <= 'Z') {
      text += '-';
      text += static_cast<char>(c + 32);
    } else {
      text += c == '.' ? '-' : c;
    }
  }
  return text;
}

Result<void> apply_setting(Settings& settings, std::string_view name, const std::string& value,
                           const std::string& source) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : setting_table()) names.emplace_back(known.name);
    const auto meant = definition::nearest(name, names);
    return failure(
        "setting.unknown",
        fmt::format("there is no setting '{}'{}", name, meant ? fmt::format("; did you mean '{}'?", *meant) : ""),
        source, "`skald serve --print-config` lists them all");
  }
  if (setting->set(settings, value)) return {};
  return failure("setting.invalid", fmt::format("setting '{}' must be {} (got '{}')", name, setting->rule, value),
                 source);
}

std::vector<Error> apply_config(Settings& settings, const std::string& file, std::string_view text) {
  const definition::SourceText source(text);
  auto tree = definition::read_yaml(source);
  std::vector<Error> problems;
  const auto refuse = [&](const std::string& message, const definition::Mark& mark) {
    problems.push_back({.code = "setting.file", .message = message, .subject = place(file, mark)});
  };
  for (const auto& problem : tree.problems) refuse(problem.message, problem.mark);
  if (!tree.complete || tree.root.is_null()) return problems;
  if (tree.root.is_map()) {
    apply_map(settings, file, tree.root, "", problems);
  } else {
    refuse("must be a map of settings", tree.root.mark);
  }
  return problems;
}

std::vector<Error> apply_environment(Settings& settings, const std::function<const char*(const char*)>& get) {
  std::vector<Error> problems;
  for (const auto& setting : setting_table()) {
    const std::string name = environment_name(setting.name);
    const char* value = get(name.c_str());
    if (value == nullptr) continue;
    if (auto done = apply_setting(settings, setting.name, value, name); !done) {
      problems.push_back(std::move(done.error()));
    }
  }
  return problems;
}

std::vector<Error> unknown_variables(const std::vector<std::string>& names) {
  std::vector<std::string> known = {"SKALD_SERVER", "SKALD_ACTOR"};  // of the command line
  for (const auto& setting : setting_table()) known.push_back(environment_name(setting.name));
  std::vector<Error> problems;
  for (const auto& name : names) {
    if (!name.starts_with("SKALD_") || name.starts_with("SKALD_SECRET_")) continue;
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto meant = definition::nearest(name, known);
    problems.push_back({.code = "setting.unknown",
                        .message = "is no variable of Skald, and is not read" +
                                   (meant ? fmt::format("; did you mean '{}'?", *meant) : std::string()),
                        .subject = name});
  }
  return problems;
}

Result<std::string> read_config_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    return failure("setting.file", "cannot be read", file, "name another file with --config");
  }
  return std::move(text).str();
}

Result<void> check_folders(const Settings& settings) {
  const std::pair<std::string_view, const std::string*> named[] = {{"workflows", &settings.workflows},
                                                                   {"secrets", &settings.secrets}};
  for (const auto& [setting, folder] : named) {
    std::error_code error;
    if (folder->empty() || std::filesystem::is_directory(*folder, error)) continue;
    return failure("setting.invalid", fmt::format("setting '{}' must be a folder (got '{}')", setting, *folder), {},
                   "check the path and its permissions");
  }
  return {};
}

std::string print_config(const Settings& settings) {
  std::string out;
  std::string section;
  for (const auto& setting : setting_table()) {
    const std::string value = setting.get(settings);
    const auto dot = setting.name.find('.');
    const std::string head(setting.name.substr(0, dot == std::string_view::npos ? 0 : dot));
    if (head != section) {
      section = head;
      if (!section.empty()) out += section + ":\n";
    }
    const auto key = setting.name.substr(section.empty() ? 0 : section.size() + 1);
    const std::string shown = needs_quotes(value) ? quoted(value) : value;
    out += fmt::format("{}{}: {}  # {}: {}\n", section.empty() ? "" : "  ", key, shown, setting.rule, setting.meaning);
  }
  return out;
}

}  // namespace skald::api
