// The external documents of definitions: read as files beside the definition's, or fetched, and handed to the load.
//
// Blocking: never on a loop. Thread rule: any thread.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/definition/load.hpp"

namespace skald::runtime {

// Its errors become diagnostics of the definition.
using ReadDocument = std::function<Result<std::string>(const definition::WantedDocument& wanted)>;

// Loads; where documents lack, reads them and loads once more.
definition::LoadResult load_with_documents(std::string_view source, definition::LoadOptions options,
                                           const ReadDocument& read);

// Where a relative or file: URI leads in `folder`. Errors: "document.uri": it has a host, a query, or leads elsewhere.
Result<std::filesystem::path> document_path(const std::filesystem::path& folder, std::string_view uri);

// A regular file in `folder` or below, symbolic links resolved. Errors: "document.uri", "document.unreadable",
// "document.outside", "document.too_large".
Result<std::string> read_document_file(const std::filesystem::path& folder, std::string_view uri);

}  // namespace skald::runtime
