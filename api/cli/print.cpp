#include "api/cli/print.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

namespace skald::cli {
namespace {

using nlohmann::json;

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string scalar(const json& value) {
  if (!value.is_string()) return value.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto& text = value.get_ref<const std::string&>();
  const bool is_plain = !text.empty() &&
                        text.find_first_not_of(
                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789_-./") == std::string::npos &&
                        std::isalpha(static_cast<unsigned char>(text[0])) != 0 && text != "true" && text != "false" &&
                        text != "null";
  return is_plain ? text : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_yaml(std::string& out, const json& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      out += margin + scalar(key) + ":";
      if (child.is_structured() && !child.empty()) {
        out += '\n';
        append_yaml(out, child, indent + 2);
      } else {
        out += ' ' + scalar(child) + '\n';
      }
    }
    return;
  }
  for (const auto& child : value) {
    if (!child.is_structured() || child.empty()) {
      out += margin + "- " + scalar(child) + '\n';
      continue;
    }
    std::string nested;
    append_yaml(nested, child, indent + 2);
    nested[indent] = '-';
    out += nested;
  }
}

Format error_format = Format::kTable;

// As the server would say it.
json document_of(const Error& error) {
  json document = {{"type", "urn:skald:problem:" + error.code}, {"title", error.message}, {"code", error.code}};
  std::string detail = error.subject;
  if (!error.detail.empty()) detail += (detail.empty() ? "" : ": ") + error.detail;
  if (!detail.empty()) document["detail"] = std::move(detail);
  if (!error.remedy.empty()) document["remedy"] = error.remedy;
  return document;
}

void print_error_document(const json& document) {
  std::cerr << (error_format == Format::kYaml ? to_yaml(document)
                                              : document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

// "14:9", a pointer, or "file:14:9".
std::string place_of(const json& entry, const std::string& file) {
  const int line = entry.value("line", 0);
  if (line == 0) return text_at(entry, "pointer");
  return fmt::format("{}{}{}:{}", file, file.empty() ? "" : ":", line, entry.value("column", 0));
}

void print_entries(const json& problem, const std::string& file) {
  const auto errors = problem.find("errors");
  if (errors == problem.end() || !errors->is_array()) return;
  for (const auto& entry : *errors) {
    const auto severity = text_at(entry, "severity");
    const auto rule = text_at(entry, "rule");
    const auto place = place_of(entry, file);  // "": the whole body
    std::cerr << (file.empty() ? "  " : "") << printable(place) << (place.empty() ? "" : ": ")
              << (severity.empty() ? "" : severity + ": ") << printable(text_at(entry, "detail"))
              << (rule.empty() ? "" : " [" + printable(rule) + "]") << '\n';
  }
}

void print_problem(const json& problem, const std::string& file) {
  const bool has_places = !file.empty() && text_at(problem, "code") == "definition.invalid";
  if (has_places) print_entries(problem, file);
  std::cerr << "error: " << printable(text_at(problem, "title")) << '\n';
  if (const auto detail = text_at(problem, "detail"); !detail.empty()) std::cerr << "  " << printable(detail) << '\n';
  if (const auto id = text_at(problem, "id"); !id.empty()) std::cerr << "  id: " << printable(id) << '\n';
  if (const auto earlier = problem.find("execution"); earlier != problem.end() && earlier->is_object()) {
    const auto outcome = text_at(*earlier, "outcome");
    std::cerr << "  execution " << printable(text_at(*earlier, "id")) << " is "
              << printable(outcome.empty() ? text_at(*earlier, "phase") : outcome) << ", started at "
              << printable(text_at(*earlier, "startedAt")) << '\n';
  }
  if (!has_places) print_entries(problem, {});
  const auto remedy = has_places ? "mend what stands above; `skald validate " + file + "` shows it without a server"
                                 : text_at(problem, "remedy");
  if (!remedy.empty()) std::cerr << "  " << printable(remedy) << '\n';
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown(text);
  std::ranges::replace_if(shown, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return shown;
}

bool has_colour() {
  static const bool kHas = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return kHas;
}

std::string coloured(std::string_view text, Colour colour) {
  if (!has_colour() || colour == Colour::kNone) return std::string(text);
  const int code = colour == Colour::kGreen ? 32 : colour == Colour::kYellow ? 33 : colour == Colour::kRed ? 31 : 2;
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

Colour colour_of(std::string_view word) {
  if (word == "completed") return Colour::kGreen;
  if (word == "faulted" || word == "failed" || word == "suspended" || word == "terminated") return Colour::kRed;
  if (word == "compensated" || word == "cancelled" || word == "running" || word == "waiting") return Colour::kYellow;
  return Colour::kNone;
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  bool is_header = true;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = printable(row[i]);
      line += coloured(text, is_header ? Colour::kDim : colour_of(text));
      if (i + 1 < row.size()) line += std::string(widths[i] - width_of(row[i]) + 2, ' ');
    }
    std::cout << line << '\n';
    is_header = false;
  }
}

std::string to_yaml(const json& value) {
  if (!value.is_structured() || value.empty()) return scalar(value) + "\n";
  std::string out;
  append_yaml(out, value, 0);
  return out;
}

void print_document(Format format, const json& document) {
  if (format == Format::kYaml) {
    std::cout << to_yaml(document);
  } else {
    std::cout << document.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  }
}

json diagnostic_json(const std::string& file, const definition::Diagnostic& diagnostic) {
  return {{"file", file},
          {"line", diagnostic.mark.line},
          {"column", diagnostic.mark.column},
          {"severity", diagnostic.severity == definition::Severity::kError ? "error" : "warning"},
          {"rule", diagnostic.rule},
          {"pointer", diagnostic.pointer},
          {"detail", diagnostic.message}};
}

void print_errors_as(Format format) {
  error_format = format;
}

int report(const Error& error) {
  if (error_format != Format::kTable) {
    print_error_document(document_of(error));
  } else {
    std::string text = error.subject.empty() ? error.message : error.subject + ": " + error.message;
    if (!error.detail.empty()) text += " (" + error.detail + ")";
    std::cerr << "error: " << printable(text) << '\n';
    if (!error.remedy.empty()) std::cerr << "  " << error.remedy << '\n';
  }
  const bool is_of_the_server = error.code.starts_with("client.") && error.code != "client.server";
  return is_of_the_server ? kUnavailable : kUsage;
}

int report_problem(const ClientAnswer& answer, const std::string& file) {
  const json problem = json::parse(answer.body, nullptr, false);
  if (!problem.is_object() || text_at(problem, "title").empty()) {
    report({.code = "client.strange",
            .message = "the server answered " + std::to_string(answer.status),
            .subject = {},
            .remedy = "is it a Skald server? name it with --server or SKALD_SERVER",
            .detail = {}});
    return kUnavailable;
  }
  if (error_format != Format::kTable) {
    print_error_document(problem);
  } else {
    print_problem(problem, file);
  }
  return answer.status >= 500 ? kUnavailable : kRefused;
}

std::string text_at(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::string clock_of(const std::string& time) {
  return time.size() >= 23 ? time.substr(11, 12) : time;
}

}  // namespace skald::cli
