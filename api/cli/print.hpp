// What commands print: tables for people, JSON and YAML for programs, errors that say what to do next.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/cli/cli.hpp"
#include "api/cli/client.hpp"

namespace skald::cli {

// Whether standard output takes colour: a terminal, and NO_COLOR unset.
bool has_colour();
enum class Colour { kNone, kGreen, kYellow, kRed, kDim };
std::string coloured(std::string_view text, Colour colour);
Colour colour_of(std::string_view word);  // of a phase, outcome or step status

// Columns are as wide as their widest cell; the header row is first.
void print_table(const std::vector<std::vector<std::string>>& rows);
std::string to_yaml(const nlohmann::json& value);
// The body as it came (JSON, on one line) or as YAML.
void print_document(Format format, const nlohmann::json& document);

// {file, line, column, severity, rule, pointer, detail}
nlohmann::json diagnostic_json(const std::string& file, const definition::Diagnostic& diagnostic);

// How errors are printed from then on: for people, or as a problem document on one line.
void print_errors_as(Format format);
// To standard error; the answer is the exit code.
int report(const Error& error);
// `file` is what was sent: places are shown in it.
int report_problem(const ClientAnswer& answer, const std::string& file = {});

// The string at `key`, or "" where it is absent or null.
std::string text_at(const nlohmann::json& object, const char* key);
// What comes from a server must not be able to drive the terminal.
std::string printable(std::string_view text);
// "14:02:11.123" of an RFC 3339 time; "" for none.
std::string clock_of(const std::string& time);

}  // namespace skald::cli
