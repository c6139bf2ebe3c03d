// What the readers of one load share: the source, the options, the report, the named policies and every expression
// with its place, for the checks that need the whole document.
//
// One thread, for the time of one load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/definition/load.hpp"
#include "engine/definition/report.hpp"
#include "engine/definition/silences.hpp"
#include "engine/definition/source_text.hpp"
#include "engine/definition/yaml_tree.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {

// What an expression is for, which decides what it may look at.
enum class Slot : std::uint8_t {
  kWorkflowInput,   // the workflow's input.from
  kWorkflowOutput,  // the workflow's output.as
  kCondition,       // `if`
  kInput,           // a step's input.from
  kArguments,       // with, set, raise
  kOutput,          // a step's output.as and export.as
  kIteration,       // those of `foreach`, where an iteration ends
  kRetry,           // when, exceptWhen
  kCancel,          // saga.cancel.if
  kStart,           // of a start that has not happened yet: saga.unique.key, the workflow's timeout
  kSchedule,        // of the document alone: when executions start
  kEvent,           // of an event alone: a filter's attributes, a correlation's `from`
};

// Where a value is read: for the expressions in it.
struct Scope {
  std::string step;          // path; empty for the workflow and for policies in `use`
  bool is_undo = false;      // within a compensation
  bool is_repeated = false;  // within a `for`, `foreach`, `try` or `fork`
  bool is_beside = false;    // within something that runs beside others: a branch, one of several iterations
  bool is_lane = false;      // directly in the list that does
  bool is_branch = false;    // directly in a `fork`
  bool may_export = true;
  bool is_hook = false;                // within `before` or `after` of an extension
  std::string extended;                // of a step between hooks: the path of the list where its condition is asked
  std::vector<std::string> variables;  // that steps around have made: a loop's item, a caught error
};

struct ExpressionSite {
  expression::Expression expression;
  const Node* scalar = nullptr;
  std::size_t offset = 0;  // of the expression's source within the scalar's value
  Scope scope;
  Slot slot = Slot::kArguments;
};

// One of use.extensions.
struct Extension {
  std::string kind;  // the key of the steps that it extends; "all", "composite"
  const Node* when = nullptr;
  const Node* before = nullptr;
  const Node* after = nullptr;
  bool is_used = false;
};
struct ExternalDocument;
class ApiDocument;

struct LoadContext {
  const SourceText& source;
  const LoadOptions& options;
  Report report;

  // nullopt: declared, but with errors that are reported already.
  std::map<std::string, std::optional<RetryPolicy>> retries;
  std::map<std::string, std::optional<expression::ValueTemplate>> errors;
  std::map<std::string, const Node*> timeouts;               // each is read once more where it is used
  std::map<std::string, AuthenticationPtr> authentications;  // null: as nullopt
  std::vector<std::string> secrets;                          // use.secrets

  std::map<std::string, const Node*> functions;  // use.functions
  std::set<std::string> called_functions;
  std::size_t body_nodes = 0;  // of functions and hooks, each as often as it is used
  std::size_t body_bytes = 0;

  std::vector<std::string> open_functions;  // those that are being read, each called by the one before

  std::vector<Extension> extensions;  // use.extensions

  // By URI, each parsed once; null: reported.
  std::map<std::string, std::shared_ptr<const ExternalDocument>> documents;
  std::map<std::string, std::shared_ptr<ApiDocument>> apis;
  std::map<std::string, const Node*> document_authentications;  // null: without
  std::map<std::string, AuthenticationPtr> missing_documents;

  std::vector<ExpressionSite> sites;
  bool uses_callbacks = false;
  bool uses_document = false;  // some expression looks at the definition as it was written
  std::vector<Silence> silences;
  std::size_t step_count = 0;
};

}  // namespace skald::definition
