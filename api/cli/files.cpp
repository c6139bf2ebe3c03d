#include "api/cli/files.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

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

Result<void> write_text(const std::string& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream) return failure("file.unwritable", "cannot be written", file, "check the folder, and its permissions");
  return {};
}

}  // namespace skald::cli
