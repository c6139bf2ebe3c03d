// Evaluates a compiled program, bounded in steps, bytes and depth.
//
// One evaluator serves one evaluation. `one` returns the result of a node that gives exactly one; `each` hands every
// result to a sink; `paths` hands on where results stand in the input. All return false to stop: either evaluation
// failed, or the sink had enough; failed() tells. Errors are values until a limit is hit, which no `try` catches.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/ast.hpp"
#include "engine/expression/environment.hpp"
#include "engine/expression/expression.hpp"
#include "engine/expression/function_ref.hpp"
#include "engine/expression/value.hpp"

namespace skald::expression {

using Sink = FunctionRef<bool(Value&&)>;
using Path = std::vector<Json>;
using PathSink = FunctionRef<bool(const Json& value)>;  // the path is the one given to paths()

class Evaluator {
 public:
  Evaluator(const Program& program, const Environment& environment, const Limits& limits);

  bool one(const Node& node, const Json& input, Value& out);
  bool each(const Node& node, const Json& input, Sink sink);
  bool paths(const Node& node, const Json& input, Path& path, PathSink sink);

  // Raising. All return false, so that they can be returned.
  bool fail(std::string message);
  bool fail_at(const Node& node, std::string message);
  bool fail_at(std::size_t offset, std::string message);
  bool fail_value(Json&& value);  // error(...)
  bool fail_limit(std::string message);
  bool fail_type(const Json& value, std::string_view why);
  bool fail_types(const Json& left, const Json& right, std::string_view why);

  bool failed() const { return failed_; }
  bool fatal() const { return fatal_; }
  const Json& error() const { return error_; }
  bool user_error() const { return user_error_; }
  std::size_t error_offset() const { return error_offset_; }
  // Takes the error back: what `try` does.
  Json take_error();

  // Budget. `work` counts units (Budget::kStep to a step).
  bool work(std::size_t units) {
    budget_.units += units;
    return budget_.units <= budget_.units_max || fail_steps();
  }
  bool reserve(std::size_t bytes) const { return budget_.bytes + bytes <= budget_.bytes_max; }
  bool check_bytes() { return budget_.bytes <= budget_.bytes_max || fail_bytes(); }
  bool check_room(std::size_t bytes) { return reserve(bytes) || fail_bytes(); }

  // Building values.
  bool give(Json&& value, Value& out);  // measures it
  bool give_text(std::string&& text, Value& out);
  bool give_copy(const Json& value, Value& out);
  bool ensure_owned(Value& value);
  // Moves or copies it out, for storing in a container; `extent` is what it adds.
  bool take(Value&& value, Json& out, Extent& extent);
  bool start_array(Value& out);
  bool append(Value& array, Value&& item);
  bool start_object(Value& out);
  bool insert(Value& object, const std::string& key, Value&& item);

  // Calls `f` with the arguments evaluated, in every combination.
  bool with_arguments(const Node& call, const Json& input, FunctionRef<bool(std::span<Value>)> f);
  bool first_result(const Node& node, const Json& input, Value& out, bool& found);
  bool compare(const Json& left, const Json& right, int& order);

  // A regular expression that is only known now; the last few are kept. Null after a failure.
  const re2::RE2* regex(const std::string& pattern, const std::string& flags);

  const Limits& limits() const { return limits_; }

 private:
  // Counts one entered node, in depth.
  class Frame {
   public:
    explicit Frame(Evaluator& evaluator) : evaluator_(evaluator) { ++evaluator_.depth_; }
    ~Frame() { --evaluator_.depth_; }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

   private:
    Evaluator& evaluator_;
  };

  bool fail_steps();
  bool fail_bytes();
  bool enter();
  // `inner` was made from `outer`, which is about to be destroyed.
  bool outlive(Value& inner, Value& outer);

  bool one_path(const Node& node, const Json& input, Value& out);
  bool one_external(const Node& node, Value& out, std::size_t& consumed);
  bool one_bind(const Node& node, const Json& input, Value& out);
  bool one_condition(const Node& node, const Json& input, Value& out);
  bool one_object(const Node& node, const Json& input, Value& out);
  bool one_array(const Node& node, const Json& input, Value& out);
  bool one_text(const Node& node, const Json& input, Value& out);
  bool one_format(const Node& node, const Json& value, Value& out);
  bool one_try(const Node& node, const Json& input, Value& out);
  bool one_call(const Node& node, const Json& input, Value& out);
  bool one_binary(const Node& node, const Json& input, Value& out);
  bool one_logic(const Node& node, const Json& input, Value& out);
  bool one_captured(const Node& node, const Json& input, Value& out);
  bool apply(const Node& node, Value&& left, Value&& right, Value& out);

  bool each_path(const Node& node, const Json& input, Sink sink);
  bool each_alternative(const Node& node, const Json& input, Sink sink);
  bool each_if(const Node& node, const Json& input, std::size_t branch, Sink sink);
  bool each_logic(const Node& node, const Json& input, Sink sink);
  bool each_try(const Node& node, const Json& input, Sink sink);
  bool each_bind(const Node& node, const Json& input, Sink sink);
  bool each_reduce(const Node& node, const Json& input, Sink sink);
  bool each_foreach(const Node& node, const Json& input, Sink sink);
  bool each_object(const Node& node, const Json& input, Sink sink);
  bool each_text(const Node& node, const Json& input, Sink sink);
  bool each_assign(const Node& node, const Json& input, Sink sink);
  bool each_call(const Node& node, const Json& input, Sink sink);

  bool reduce_step(const Node& node, Value& state);
  bool object_members(const Node& node, const Json& input, std::size_t index, Value& object, Sink sink);
  bool text_parts(const Node& node, const Json& input, std::size_t remaining, std::vector<std::string>& parts,
                  Sink sink);
  bool update_paths(const Node& node, const Json& input, const Json* operand, Value& out);

  // Binds the variables of a pattern and calls `body` once for every way to do so.
  bool bind(const Pattern& pattern, const Json& value, const Json& input, FunctionRef<bool()> body);
  bool bind_elements(const Pattern& pattern, std::size_t index, const Json& value, const Json& input,
                     FunctionRef<bool()> body);
  bool bind_members(const Pattern& pattern, std::size_t index, const Json& value, const Json& input,
                    FunctionRef<bool()> body);

  // Walks the steps of a path node from `from`; with `path`, records where it stands.
  bool walk(const Node& node, std::size_t from, const Json& value, std::span<const Json* const> keys, Path* path,
            FunctionRef<bool(const Json&)> sink);
  bool walk_each(const Node& node, std::size_t from, const Json& value, std::span<const Json* const> keys, Path* path,
                 FunctionRef<bool(const Json&)> sink);
  bool with_keys(const Node& node, const Json& input, std::size_t index, std::vector<const Json*>& keys,
                 FunctionRef<bool()> body);
  bool steps_from(const Node& node, const Json& input, std::size_t from, const Json& base, Path* path,
                  FunctionRef<bool(const Json&)> sink);

  bool paths_try(const Node& node, const Json& input, Path& path, PathSink sink);
  bool paths_if(const Node& node, const Json& input, std::size_t branch, Path& path, PathSink sink);
  bool paths_alternative(const Node& node, const Json& input, Path& path, PathSink sink);

  const Environment& environment_;
  const Limits& limits_;
  Budget budget_;
  std::size_t depth_ = 0;
  std::size_t depth_max_ = 0;
  std::size_t at_ = 0;  // offset of the node being applied, for errors of built-ins
  bool failed_ = false;
  bool fatal_ = false;
  bool user_error_ = false;
  std::size_t error_offset_ = 0;
  Json error_;
  struct CachedRegex {
    std::string key;
    std::shared_ptr<const re2::RE2> regex;
  };
  std::vector<CachedRegex> regexes_;
  static constexpr std::size_t kInlineSlots = 8;
  std::array<const Json*, kInlineSlots> inline_slots_;
  std::vector<const Json*> more_slots_;
  const Json** slots_ = nullptr;
};

inline bool truthy(const Json& value) {
  return !(value.is_null() || (value.is_boolean() && !value.get<bool>()));
}

}  // namespace skald::expression
