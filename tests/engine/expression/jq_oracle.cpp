#include "tests/engine/expression/jq_oracle.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace skald::expression {
namespace {

constexpr std::size_t kBatch = 40;

// The output of a command; what it writes to stderr is dropped.
std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (!pipe) return text;
  char buffer[65536];
  std::size_t size = 0;
  while ((size = fread(buffer, 1, sizeof buffer, pipe)) > 0) text.append(buffer, size);
  pclose(pipe);
  return text;
}

std::vector<JqAnswer> run_batch(const std::vector<JqCase>& cases, std::size_t from, std::size_t to,
                                const Json& variables, std::string_view definitions) {
  static const auto folder = std::filesystem::temp_directory_path();
  const auto path = folder / fmt::format("skald-jq-{}.jq", getpid());
  std::string program(definitions);
  program += '\n';
  for (std::size_t i = from; i < to; ++i) {
    // Inside [...] errors of the program end with it: jq 1.6 lets `try` catch what happens to its results later.
    program += fmt::format("{}([({} | try {{r: [{}\n]}} catch {{e: .}})] | (.[0] // {{e: null}}))",
                           i == from ? "" : ",\n", cases[i].input.dump(), cases[i].program);
  }
  std::ofstream(path) << program;
  std::string command = "timeout 10 jq -nc -f " + path.string();
  const auto data = folder / fmt::format("skald-jq-{}.json", getpid());
  std::ofstream(data) << variables.dump();
  for (const auto& [name, value] : variables.items()) {
    const auto file = folder / fmt::format("skald-jq-{}-{}.json", getpid(), name);
    std::ofstream(file) << value.dump();
    command += fmt::format(" --argjson {} \"$(cat {})\"", name, file.string());
  }
  std::istringstream lines(output_of(command));
  std::vector<JqAnswer> answers;
  for (std::string line; std::getline(lines, line);) {
    const Json parsed = Json::parse(line, nullptr, false);
    JqAnswer answer;
    if (parsed.is_object() && parsed.contains("r")) {
      answer.results = parsed["r"];
    } else {
      answer.failed = true;
      answer.error = parsed.is_object() ? parsed.value("e", Json()) : Json();
    }
    answers.push_back(std::move(answer));
  }
  std::filesystem::remove(path);
  std::filesystem::remove(data);
  for (const auto& [name, value] : variables.items()) {
    std::filesystem::remove(folder / fmt::format("skald-jq-{}-{}.json", getpid(), name));
  }
  return answers;
}

// A batch that does not give one answer a case holds a program that jq dies of or refuses: halve it.
void run_range(const std::vector<JqCase>& cases, std::size_t from, std::size_t to, const Json& variables,
               std::string_view definitions, std::vector<JqAnswer>& answers) {
  auto batch = run_batch(cases, from, to, variables, definitions);
  if (batch.size() == to - from) {
    std::move(batch.begin(), batch.end(), answers.begin() + static_cast<std::ptrdiff_t>(from));
  } else if (to - from == 1) {
    answers[from].failed = true;
    answers[from].crashed = true;
  } else {
    const std::size_t middle = from + (to - from) / 2;
    run_range(cases, from, middle, variables, definitions, answers);
    run_range(cases, middle, to, variables, definitions, answers);
  }
}

}  // namespace

bool jq_available() {
  return output_of("jq --version").starts_with("jq-1.6");
}

std::vector<JqAnswer> run_jq(const std::vector<JqCase>& cases, const Json& variables, std::string_view definitions) {
  std::vector<JqAnswer> answers(cases.size());
  for (std::size_t from = 0; from < cases.size(); from += kBatch) {
    run_range(cases, from, std::min(cases.size(), from + kBatch), variables, definitions, answers);
  }
  return answers;
}

}  // namespace skald::expression
