// The adapters file (docs/adapters.md) as settings, with every problem of it reported at once.
//
// Pure: the same text gives the same result. Read through the same tree and readers as definitions, so limits, marks
// and "did you mean" are theirs. Needs more stack than a coroutine has.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "adapters/adapter_settings.hpp"
#include "engine/definition/load.hpp"
#include "engine/definition/operation_catalog.hpp"

namespace skald::adapters {

struct AdaptersFile {
  std::optional<AdaptersConfig> config;  // absent when there is an error
  std::vector<definition::Diagnostic> diagnostics;
};

AdaptersFile parse_adapters(std::string_view text);

// What the engine may know of it.
definition::OperationCatalog catalog_of(const AdaptersConfig& config);

}  // namespace skald::adapters
