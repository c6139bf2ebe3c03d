// The external documents that test definitions name: the files of documents/openapi, by their path or on a host.
#pragma once

#include <filesystem>

#include "engine/definition/documents.hpp"
#include "tests/support/files.hpp"

namespace skald::definition {

inline ReadDocuments sample_documents() {
  ReadDocuments documents;
  const auto folder = std::filesystem::path(SKALD_SOURCE_DIR) / "tests/engine/definition/documents/openapi";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::string bytes = test::text_of(entry.path());
    documents["openapi/" + name] = bytes;
    documents["https://api.example.com/specs/" + name] = bytes;
  }
  documents["openapi/gone.yaml"] = failure("document.unreadable", "there is no such file");
  return documents;
}

}  // namespace skald::definition
