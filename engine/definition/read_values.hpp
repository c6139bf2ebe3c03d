// Readers of single values: text, numbers, durations, choices, expressions, templates, schemas.
//
// Each reports what is wrong and returns nullopt; the caller goes on, so that every problem is found in one load.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/definition/json_schema.hpp"
#include "engine/definition/load_context.hpp"
#include "engine/expression/value_template.hpp"

namespace skald::definition {

std::optional<std::string> read_text(LoadContext& context, const Node& node);
std::optional<bool> read_flag(LoadContext& context, const Node& node);
std::optional<std::int64_t> read_integer(LoadContext& context, const Node& node, std::int64_t min, std::int64_t max);
std::optional<double> read_number(LoadContext& context, const Node& node, double min, double max);

// A name of the document's own, of a step or a function: [A-Za-z][A-Za-z0-9_-]{0,63}.
bool is_name(std::string_view text);

// The name of a workflow or of its namespace: a DNS label, as DSL 1.0.3 has it. What is none is reported and returned.
std::optional<std::string> read_document_name(LoadContext& context, const Node& node);

// The text `${ ... }`.
bool is_wrapped(const Node& node);

// Whether it, or anything in it, is one.
bool has_expressions(const Node& node);

// Text of a version. What is none, or no text, is reported, with the version that it may have been meant to be;
// `wanted` says what it must be: "must be a semantic version such as 1.0.0".
std::optional<std::string> read_version_text(LoadContext& context, const Node& node, std::string_view wanted);

// Whether it is text that opens an expression and does not close it; if so, that is reported.
bool is_unclosed(LoadContext& context, const Node& node);

// Whether it is a map or a wrapped expression; if not, that is reported.
bool check_map_or_expression(LoadContext& context, const Node& node);

// ISO 8601 text, or {days, hours, minutes, seconds, milliseconds}.
std::optional<Millis> read_duration(LoadContext& context, const Node& node);

// The same, or a wrapped expression that tells it.
std::optional<Duration> read_told_duration(LoadContext& context, const Node& node, const Scope& scope, Slot slot);

// A name for a variable of the document's own.
std::optional<std::string> read_variable_name(LoadContext& context, const Node& node);

// The variables of a loop, for its item and for its place; where a name is left out it stays as it is. `loop`: for what
// is wrong with both.
void read_loop_variables(LoadContext& context, const Node& loop, const Node* item, const Node* at,
                         std::string& item_name, std::string& at_name);

// One of a few words; the index of the one that stands there.
std::optional<std::size_t> read_choice(LoadContext& context, const Node& node,
                                       std::initializer_list<std::string_view> choices);

// Bare or wrapped text.
std::optional<expression::Expression> read_expression(LoadContext& context, const Node& node, const Scope& scope,
                                                      Slot slot);

// Any value with `${ }` scalars in it. `left_out`: keys of the map that are no part of it.
std::optional<expression::ValueTemplate> read_template(LoadContext& context, const Node& node, const Scope& scope,
                                                       Slot slot, const std::vector<std::string>& left_out = {});

// `from` and `as`: bare or wrapped text, or a map with `${ }` scalars in it.
std::optional<expression::ValueTemplate> read_projection(LoadContext& context, const Node& node, const Scope& scope,
                                                         Slot slot);

// {format: json, document: {...}} or {format: json, resource: {endpoint: ...}}
std::optional<JsonSchema> read_schema(LoadContext& context, const Node& node);

// "null", "a list", or the value of a scalar: for "(got ...)".
std::string show(const Node& node);

// The node a pointer (RFC 6901) leads to, or the last one on its way that exists.
const Node& node_at(const Node& root, std::string_view pointer);

}  // namespace skald::definition
