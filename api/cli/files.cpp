#include "api/cli/files.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "engine/runtime/documents.hpp"

namespace skald::cli {

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

definition::LoadResult load_definition(const Context& context, const std::string& file, const std::string& source,
                                       const definition::LoadOptions& options) {
  const auto folder = std::filesystem::path(file).parent_path();
  return runtime::load_with_documents(source, options, [&](const std::string& uri) {
    return definition::is_remote_document(uri) ? context.hooks.fetch_document(uri)
                                               : runtime::read_document_file(folder, uri);
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
