// Whether a step has ended wherever the flow may stand: what `$steps.<name>` may find there.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/definition/list_graph.hpp"
#include "engine/definition/load_context.hpp"

namespace skald::definition {

// One thread; the definition must outlive it.
class StepOrder {
 public:
  explicit StepOrder(const Definition& definition) : definition_(definition) {}

  // Why `target` may not have ended where an expression is evaluated; empty where it always has.
  std::string why_not_ended(const ExpressionSite& site, const Step& target);
  // The same where the step at `from` begins.
  std::string why_not_ended(std::string_view from, const Step& target) {
    return why_not_ended(from, Moment::kBegins, target);
  }
  // The same where it has ended: what stands in it may have, then.
  std::string why_not_ended_after(std::string_view from, const Step& target) {
    return why_not_ended(from, Moment::kEnds, target);
  }

 private:
  // Of the step `from` (empty: the workflow), which makes its output when it ends, or that of an iteration when this
  // does.
  enum class Moment { kBegins, kIterationEnds, kEnds };

  std::string why_not_ended(std::string_view from, Moment moment, const Step& target);
  std::string why_not_at_end(const Step& step, bool with_ends, bool in_iteration = false);
  std::string why_not_before(const Step& other, const Step& mine);
  const ListGraph& graph_of(const std::vector<Step>& list, bool with_ends);

  const Definition& definition_;
  std::map<std::pair<const std::vector<Step>*, bool>, ListGraph> graphs_;
};

}  // namespace skald::definition
