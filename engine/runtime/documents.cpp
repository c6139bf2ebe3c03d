#include "engine/runtime/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "engine/base/limits.hpp"

namespace skald::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScheme = "file:";

bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    decoded += is_escape ? static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)) : text[i];
    if (is_escape) i += 2;
  }
  return decoded;
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

definition::LoadResult load_with_documents(std::string_view source, definition::LoadOptions options,
                                           const ReadDocument& read) {
  auto loaded = definition::load(source, options);
  if (loaded.missing_documents.empty()) return loaded;
  for (const auto& wanted : loaded.missing_documents) options.documents.emplace(wanted.uri, read(wanted));
  return definition::load(source, options);
}

Result<fs::path> document_path(const fs::path& folder, std::string_view uri) {
  std::string_view path = uri;
  if (path.starts_with(kScheme)) {
    path.remove_prefix(kScheme.size());
    if (path.starts_with("//")) {
      if (!path.starts_with("///")) {
        return failure("document.uri", "a file: URI must not name a host; write a relative path, or file:///path",
                       std::string(uri));
      }
      path.remove_prefix(2);
    }
  } else if (const auto colon = path.find(':'); colon < path.find('/')) {
    return failure("document.uri", "only files, http:// and https:// are read", std::string(uri));
  }
  if (path.empty() || path.find_first_of("?#") != std::string_view::npos) {
    return failure("document.uri", "a file has neither query nor fragment", std::string(uri));
  }
  const std::string decoded = percent_decode(path);
  if (decoded.find('\0') != std::string::npos) return failure("document.uri", "it has a zero byte", std::string(uri));
  return folder / decoded;
}

Result<std::string> read_document_file(const fs::path& folder, std::string_view uri) {
  const auto path = document_path(folder, uri);
  if (!path) return std::unexpected(path.error());
  std::error_code error;
  const fs::path root = fs::canonical(folder.empty() ? fs::path(".") : folder, error);
  if (error)
    return failure("document.unreadable", "the definition's folder cannot be read", folder.string(), {},
                   error.message());
  // A path that begins with '/' is its own; the folder's may be relative.
  const fs::path file = fs::canonical(*path, error);
  if (error) return failure("document.unreadable", "there is no such file", path->string(), {}, error.message());
  if (!is_inside(file, root)) {
    return failure("document.outside", "the file is outside of the definition's folder", path->string());
  }
  if (!fs::is_regular_file(file, error)) return failure("document.unreadable", "it is no file", path->string());
  std::ifstream in(file, std::ios::binary);
  if (!in) return failure("document.unreadable", "the file cannot be opened", path->string(), "check its permissions");
  std::string content(limits::kDocumentBytesMax + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (in.bad()) return failure("document.unreadable", "the file cannot be read", path->string());
  content.resize(static_cast<std::size_t>(in.gcount()));
  if (content.size() <= limits::kDocumentBytesMax) return content;
  return failure("document.too_large", fmt::format("the file has more than {} KiB", limits::kDocumentBytesMax / 1024),
                 path->string());
}

}  // namespace skald::runtime
