// Statements on the definitions table. All throw soci::soci_error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/ports/definition_store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

// In a transaction of its own.
ports::StoredRevision put_definition(soci::session& session, const Dialect& dialect,
                                     const ports::StoredDefinition& definition);
std::optional<ports::StoredDefinition> select_definition(soci::session& session, const std::string& digest);
std::optional<ports::StoredDefinition> select_source(soci::session& session, const std::string& source);
std::vector<ports::StoredRevision> select_current_definitions(soci::session& session,
                                                              const std::optional<ports::WorkflowName>& workflow);
std::vector<ports::StoredRevision> select_revisions(soci::session& session, const std::string& namespace_name,
                                                    const std::string& name, const std::string& version);

}  // namespace skald::storage
