// From YAML (or JSON) text to a Definition, with every problem reported at once.
//
// Pure: the same text, documents and catalog give the same result. Any thread; needs more stack than a coroutine has,
// so call it from a plain thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/definition/documents.hpp"
#include "engine/definition/operation_catalog.hpp"

namespace skald::definition {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string rule;  // stable id: "unknown-key", "duplicate-key", "unknown-step", ...
  Mark mark;
  std::string pointer;  // RFC 6901, into the document
  std::string message;  // what, why, and the nearest valid spelling
};

// "workflows/checkout.yaml:14:9: error: ..."
std::string to_text(std::string_view file, const Diagnostic& diagnostic);

struct LoadOptions {
  // Null: adapters and operations are not checked (an offline `skald validate` without an adapters file).
  const OperationCatalog* operations = nullptr;
  // False for definitions uploaded over HTTP: a literal endpoint's host must then be in `allowed_hosts`.
  bool trusted = true;
  // Accepted before, perhaps by an older version: rules that were added since do not make it unreadable.
  bool is_stored = false;
  std::vector<std::string> allowed_hosts;  // "api.example.com" or "api.example.com:8443"
  // Of definitions uploaded over HTTP: the secrets that they may name in use.secrets.
  std::vector<std::string> allowed_secrets;
  // What the documents hold that the definition names. A load that lacks one says which.
  ReadDocuments documents = {};
};

struct LoadResult {
  DefinitionPtr definition;             // null when there is an error
  std::vector<Diagnostic> diagnostics;  // in document order
  // That `documents` lacks, each an error too: read them, and load again. Documents name no others.
  std::vector<WantedDocument> missing_documents = {};

  bool ok() const { return definition != nullptr; }
};

LoadResult load(std::string_view source, const LoadOptions& options);

}  // namespace skald::definition
