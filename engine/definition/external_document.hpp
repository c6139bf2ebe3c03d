// A document that a definition names by its URI, parsed: an OpenAPI description, a JSON Schema.
//
// Whoever loads hands the bytes in (LoadOptions::documents); nothing is read or fetched here. Source: "External
// Resource" of the DSL reference 1.0.3.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/definition/load_context.hpp"

namespace skald::definition {

struct ExternalDocument {
  std::string uri;  // as the definition writes it
  Json content;
};

// Reads {name, endpoint: uri | {uri, authentication}} and parses what it names, JSON or YAML, once for all who name it.
// Null: that was reported, or the document is among those that the load wants.
std::shared_ptr<const ExternalDocument> read_external_document(LoadContext& context, const Node& node);

}  // namespace skald::definition
