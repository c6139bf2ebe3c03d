// Definitions of the dry run's tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "engine/definition/load.hpp"
#include "engine/dry_run/subject.hpp"

namespace skald::dry_run {

inline definition::DefinitionPtr load_definition(const std::string& source) {
  const auto loaded = definition::load(source, {});
  for (const auto& diagnostic : loaded.diagnostics) {
    if (!loaded.ok()) ADD_FAILURE() << definition::to_text("test.yaml", diagnostic);
  }
  if (!loaded.ok()) std::abort();
  return loaded.definition;
}

// `body` is what follows the header: "do: [...]".
inline definition::DefinitionPtr definition_of(const std::string& body) {
  return load_definition("document: { dsl: '1.0.3', namespace: test, name: w, version: '1.0.0' }\n" + body);
}

inline Subject subject_of(definition::DefinitionPtr definition, Given given = {}) {
  auto subject = make_subject(std::move(definition), std::move(given));
  if (!subject) {
    ADD_FAILURE() << to_text(subject.error());
    std::abort();
  }
  return std::move(*subject);
}

}  // namespace skald::dry_run
