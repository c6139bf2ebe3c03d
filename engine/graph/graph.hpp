// A definition as a picture: boxes within boxes, and the lines between them. Three writers make text of it
// (writers.hpp).
//
// Values, made once and then read; any thread. What is drawn follows from the definition alone, so the same definition
// gives the same picture, byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/definition/definition.hpp"

namespace skald::graph {

// Numbered from 1 in document order, over everything that a line can end at.
using NodeId = std::uint32_t;

enum class Shape : std::uint8_t { kCall, kSet, kRaise, kWait, kSwitch, kSequence, kLoop, kFork, kTry };

// How one step is undone.
struct Undo {
  NodeId id = 0;                   // that of the step itself where it has no steps inside
  std::vector<std::string> lines;  // what is done, in order: "payments.refund"
};

// One case of a `switch`.
struct Case {
  std::string name;
  std::string condition;  // empty: where no other case holds
  std::string target;     // in words: "charge", "undo everything", "end"
  bool gives_up = false;  // the target is `compensate`
};

struct Block;

// Blocks one after another.
struct Lane {
  // A `then` that leads to a block of the same lane which is not the next one.
  struct Jump {
    std::size_t from = 0;
    std::size_t to = 0;
    std::optional<std::size_t> by_case;  // of a `switch`
  };

  NodeId id = 0;               // that of the block around, where this is its only lane
  std::string title;           // "catch status 409"; empty: none is needed
  bool begins_undone = false;  // what the lane before it did is undone when this one begins
  std::vector<Block> blocks;
  std::vector<Jump> jumps;
};

// A step.
struct Block {
  NodeId id = 0;
  Shape shape = Shape::kCall;
  std::string name;
  std::string what;                // "payments.charge", "for each line of $workflow.input.lines"
  std::vector<std::string> notes;  // "at most 2 s", "only if .amount > 10": a line each
  bool is_pivot = false;
  bool goes_on = false;  // some way leads from it to the block behind it
  std::vector<Case> cases;
  std::optional<Undo> undo;
  NodeId gives_up = 0;              // the node "undo everything", where a `then` of it says so
  NodeId opening = 0, closing = 0;  // of a fork: where its branches part and meet
  std::vector<Lane> lanes;
};

enum class EdgeKind : std::uint8_t {
  kFlow,   // on to the next step, or where `then` says
  kLoop,   // back for the next item
  kError,  // from the steps of a `try` to those of its `catch`
  kBack,   // the way back: from one undo to the one that follows it
  kTie,    // a step with steps inside, and its undo
};

struct Edge {
  NodeId from = 0;
  NodeId to = 0;
  EdgeKind kind = EdgeKind::kFlow;
  std::string label;
};

struct Graph {
  std::string title;               // "shop/checkout 1.0.0"
  std::vector<std::string> notes;  // of the workflow as a whole
  NodeId start = 0;
  NodeId end = 0;
  Lane body;
  std::vector<Edge> edges;
};

Graph make_graph(const definition::Definition& definition);

}  // namespace skald::graph
