#include "api/cli/files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/runtime/documents.hpp"
#include "engine/runtime/workflow_folder.hpp"

namespace skald::cli {
namespace {

// Takes everything, and keeps where the parser stopped.
class Checker final : public nlohmann::json::json_sax_t {
 public:
  std::size_t stopped_at = 0;
  std::string why;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
    stopped_at = position;
    why = error.what();
    if (const auto colon = why.find(": "); colon != std::string::npos) why.erase(0, colon + 2);
    return false;
  }
};

std::string place_of(const std::string& file, std::string_view text, std::size_t position) {
  const auto before = text.substr(0, position > 0 ? position - 1 : 0);
  const auto line_start = before.rfind('\n') + 1;  // 0 where there is none
  return file + ':' + std::to_string(1 + std::ranges::count(before, '\n')) + ':' +
         std::to_string(1 + before.size() - line_start);
}

// `name` is what an error calls the text.
Result<std::string> checked(const std::string& name, std::string text, std::string remedy = {}) {
  Checker checker;
  if (nlohmann::json::sax_parse(text, &checker)) return text;
  return failure("file.json", "is not valid JSON", place_of(name, text, checker.stopped_at), std::move(remedy),
                 checker.why);
}

}  // namespace

Result<std::string> read_text(const std::string& file) {
  std::ostringstream text;
  if (file == "-") {
    text << std::cin.rdbuf();
    return std::move(text).str();
  }
  std::error_code error;
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file, error)) {
    return failure("file.unreadable", "cannot be read", file, "check the name and its permissions");
  }
  if (stream.peek() != std::ifstream::traits_type::eof()) text << stream.rdbuf();
  return std::move(text).str();
}

Result<std::vector<std::string>> list_workflow_files(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  for (const auto& name : given) {
    std::error_code error;
    if (!std::filesystem::is_directory(name, error)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> found;
    std::filesystem::directory_iterator entries(name, error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
      if (runtime::is_workflow_file(*entries)) found.push_back(entries->path().string());
    }
    if (error) return failure("file.unreadable", "cannot be read", name, "check its permissions", error.message());
    if (found.empty()) return failure("file.unreadable", "has no workflow file (*.yaml, *.yml, *.json)", name);
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

Result<std::string> read_json(const std::string& file) {
  auto text = read_text(file);
  return text ? checked(file, std::move(*text)) : text;
}

Result<std::string> read_input(const std::string& value) {
  const auto first = value.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string::npos && (value[first] == '{' || value[first] == '[');
  return is_json ? checked("--input", value, "a file whose name begins with { or [ is written ./NAME")
                 : read_json(value);
}

definition::LoadResult load_definition(const Context& context, const std::string& file, const std::string& source,
                                       const definition::LoadOptions& options) {
  const auto folder = std::filesystem::path(file).parent_path();
  return runtime::load_with_documents(source, options, [&](const definition::WantedDocument& wanted) {
    return definition::is_remote_document(wanted.uri) ? context.hooks.fetch_document(wanted)
                                                      : runtime::read_document_file(folder, wanted.uri);
  });
}

Result<void> write_text(const std::string& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) return failure("file.unwritable", "cannot be written", file, "check the folder, and its permissions");
  return {};
}

}  // namespace skald::cli
