// Workflow files of the source tree, loaded with the documents beside them.
#pragma once

#include <filesystem>

#include "engine/definition/load.hpp"
#include "tests/support/files.hpp"

namespace skald::definition {

inline LoadResult load_file(const std::filesystem::path& file, LoadOptions options) {
  const std::string source = test::text_of(file);
  for (const auto& wanted : load(source, options).missing_documents) {
    options.documents.emplace(wanted.uri, test::text_of(file.parent_path() / wanted.uri));
  }
  return load(source, options);
}

}  // namespace skald::definition
