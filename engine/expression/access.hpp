// Reading and changing a place inside a value, with jq's rules: missing is null, negative indexes count from the end.
//
// The writing functions change `root` in place; after an error it is half changed and must be thrown away.
#pragma once

#include <cstddef>
#include <span>

#include "engine/expression/evaluator.hpp"

namespace skald::expression {

// Never fails on null. The result points into `value`, at a constant, or at `scratch`.
const Json* lookup(Evaluator& evaluator, const Json& value, const Json& key, Value& scratch);

const Json* lookup_field(Evaluator& evaluator, const Json& value, const std::string& field);
const Json* lookup_index(Evaluator& evaluator, const Json& value, std::int64_t index);

// from <= to <= size. `key` is {"start": ..., "end": ...}.
bool slice_bounds(const Json& start, const Json& end, std::size_t size, std::size_t& from, std::size_t& to);
bool slice(Evaluator& evaluator, const Json& value, const Json& start, const Json& end, Value& out);
Json slice_key(const Json& start, const Json& end);

// getpath: null as soon as something is null. The result may point at `scratch`.
const Json* get_path(Evaluator& evaluator, const Json& root, std::span<const Json> path, Value& scratch);

bool set_path(Evaluator& evaluator, Json& root, std::span<const Json> path, Json&& value);

// Deletes all of them as if at once.
bool delete_paths(Evaluator& evaluator, Json& root, std::vector<Path> paths);

bool has_key(Evaluator& evaluator, const Json& value, const Json& key, bool& has);

}  // namespace skald::expression
