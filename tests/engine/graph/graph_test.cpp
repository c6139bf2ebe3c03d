// What a picture shows, by the words on its boxes.
#include "engine/graph/graph.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/definition/load.hpp"
#include "engine/graph/words.hpp"
#include "engine/graph/writers.hpp"

namespace skald::graph {
namespace {

constexpr const char* kHeader = "document: { dsl: '1.0.3', namespace: t, name: t, version: '1.0.0' }\n";

definition::DefinitionPtr loaded(const std::string& text) {
  auto result = definition::load(kHeader + text, {});
  for (const auto& diagnostic : result.diagnostics) {
    if (diagnostic.severity == definition::Severity::kError) ADD_FAILURE() << definition::to_text("text", diagnostic);
  }
  return result.definition;
}

void name_all(const Lane& lane, std::map<NodeId, std::string>& names) {
  for (const Block& block : lane.blocks) {
    names[block.id] = block.name;
    if (block.undo && !block.lanes.empty()) names[block.undo->id] = "undo " + block.name;
    if (block.gives_up != 0) names[block.gives_up] = "undo everything";
    if (block.opening != 0) names[block.opening] = block.name + " opens";
    if (block.closing != 0) names[block.closing] = block.name + " closes";
    for (const Lane& inside : block.lanes) {
      if (inside.id != block.id) names[inside.id] = block.name + " " + inside.title;
      name_all(inside, names);
    }
  }
}

// "a > b" for each line of the kind.
std::set<std::string> lines(const std::string& text, EdgeKind kind) {
  const Graph graph = make_graph(*loaded(text));
  std::map<NodeId, std::string> names = {{graph.start, "start"}, {graph.end, "end"}};
  name_all(graph.body, names);
  std::set<std::string> found;
  for (const Edge& edge : graph.edges) {
    if (edge.kind != kind) continue;
    found.insert(names[edge.from] + " > " + names[edge.to] + (edge.label.empty() ? "" : " (" + edge.label + ")"));
  }
  return found;
}

using Lines = std::set<std::string>;

TEST(Graph, StepsFollowOneAnother) {
  EXPECT_EQ(lines("do: [ { a: { set: { x: 1 } } }, { b: { set: { x: 1 } } } ]", EdgeKind::kFlow),
            (Lines{"start > a", "a > b", "b > end"}));
}

constexpr const char* kChoice =
    "do:\n"
    "  - a: { wait: PT1S }\n"
    "  - pick:\n"
    "      switch:\n"
    "        - again: { when: .x == 1, then: a }\n"
    "        - stop: { when: .x == 2, then: end }\n"
    "        - back: { when: .x == 3, then: compensate }\n"
    "  - b: { set: { x: 1 } }\n";

TEST(Graph, CasesLeadWhereTheirThenSays) {
  EXPECT_EQ(lines(kChoice, EdgeKind::kFlow), (Lines{"start > a", "a > pick", "pick > a (.x == 1)",
                                                    "pick > end (.x == 2)", "pick > b (otherwise)", "b > end"}));
  EXPECT_EQ(lines(kChoice, EdgeKind::kBack), (Lines{"pick > undo everything (.x == 3)"}));
}

TEST(Graph, AStepThatIsSkippedSendsNobodyElsewhere) {
  EXPECT_EQ(lines("do:\n  - a: { if: .x, raise: { error: { type: 'https://e.example.com/a', status: 500 } } }\n"
                  "  - b: { if: .x, set: { x: 1 }, then: d }\n  - c: { set: { x: 1 } }\n  - d: { set: { x: 1 } }\n",
                  EdgeKind::kFlow),
            (Lines{"start > a", "a > b (otherwise)", "b > c (otherwise)", "b > d", "c > d", "d > end"}));
}

constexpr const char* kBranches =
    "do:\n"
    "  - first: { call: a.do, compensate: { call: a.undo } }\n"
    "  - all:\n"
    "      fork:\n"
    "        branches:\n"
    "          - one: { call: b.do, compensate: { call: b.undo } }\n"
    "          - two: { do: [ { x: { call: c.do, compensate: { call: c.undo } } }, { y: { call: d.do, compensate: { "
    "call: d.undo } } } ] }\n"
    "          - three: { wait: PT1S }\n"
    "  - last: { call: e.do, compensate: { call: e.undo } }\n";

TEST(Graph, BranchesPartAndMeet) {
  EXPECT_EQ(
      lines(kBranches, EdgeKind::kFlow),
      (Lines{"start > first", "first > all opens", "all opens > one", "all opens > x", "all opens > three", "x > y",
             "one > all closes", "y > all closes", "three > all closes", "all closes > last", "last > end"}));
}

TEST(Graph, TheWayBackIsReverseAndBesideInBranches) {
  EXPECT_EQ(lines(kBranches, EdgeKind::kBack),
            (Lines{"last > all closes", "all closes > one", "all closes > y", "y > x", "one > all opens",
                   "x > all opens", "all opens > first", "first > start"}));
}

TEST(Graph, AnUndoOfItsOwnStandsInPlaceOfThoseInside) {
  const std::string text =
      "do:\n"
      "  - first: { call: a.do, compensate: { call: a.undo } }\n"
      "  - group:\n"
      "      do: [ { x: { call: b.do, compensate: { call: b.undo } } } ]\n"
      "      compensate: { call: c.undo }\n"
      "  - last: { call: e.do, compensate: { call: e.undo } }\n";
  EXPECT_EQ(lines(text, EdgeKind::kBack),
            (Lines{"last > undo group", "undo group > first", "x > first", "first > start"}));
  EXPECT_EQ(lines(text, EdgeKind::kTie), (Lines{"group > undo group"}));
}

std::string attempt(const std::string& compensate) {
  return "do:\n"
         "  - first: { call: a.do, compensate: { call: a.undo } }\n"
         "  - ship:\n"
         "      try: [ { book: { call: b.do, compensate: { call: b.undo } } } ]\n"
         "      catch: { compensate: " +
         compensate + ", do: [ { road: { call: c.do, compensate: { call: c.undo } } } ] }\n";
}

TEST(Graph, ACatchFollowsAnError) {
  EXPECT_EQ(lines(attempt("false"), EdgeKind::kError), (Lines{"ship try > road (on error)"}));
  EXPECT_EQ(lines(attempt("false"), EdgeKind::kBack), (Lines{"road > book", "book > first", "first > start"}));
  EXPECT_EQ(lines(attempt("true"), EdgeKind::kBack), (Lines{"road > first", "book > first", "first > start"}));
}

TEST(Graph, NothingIsUndoneBehindThePivot) {
  EXPECT_EQ(lines("do:\n"
                  "  - a: { call: a.do, compensate: { call: a.undo } }\n"
                  "  - b: { call: b.do, pivot: true }\n"
                  "  - c: { call: c.do, compensate: { call: c.undo } }\n",
                  EdgeKind::kBack),
            (Lines{"a > start"}));
}

TEST(Graph, AnUndoWithoutOrderHasNoWay) {
  EXPECT_EQ(lines("saga: { compensation: { order: parallel } }\n"
                  "do: [ { a: { call: a.do, compensate: { call: a.undo } } }, { b: { call: a.do, compensate: { call: "
                  "a.undo } } } ]",
                  EdgeKind::kBack),
            Lines{});
}

TEST(Graph, LoopsGoRoundUnlessTheirIterationsAreBesideEachOther) {
  const auto loop = [](const std::string& more) {
    return "do:\n  - all: { for: { in: .x, each: line" + more +
           " }, do: [ { a: { set: { x: 1 } } }, { b: { set: { x: 1 } } } ] }";
  };
  EXPECT_EQ(lines(loop(""), EdgeKind::kLoop), (Lines{"b > a (next line)"}));
  EXPECT_EQ(lines(loop(", concurrency: 2"), EdgeKind::kLoop), Lines{});
}

TEST(Graph, DurationsAreInWords) {
  EXPECT_EQ(in_words(Millis(0)), "0 s");
  EXPECT_EQ(in_words(Millis(250)), "250 ms");
  EXPECT_EQ(in_words(Millis(90'000)), "1 min 30 s");
  EXPECT_EQ(in_words(Millis(93'600'000)), "1 d 2 h");
}

// As many steps as a definition may have, in the shape that joins most lines.
TEST(Graph, GrowsWithTheDefinitionAndNoFaster) {
  std::string text = "do:\n";
  for (const char* fork : {"one", "two"}) {
    text += "  - " + std::string(fork) + ":\n      fork:\n        branches:\n";
    for (int i = 0; i < 240; ++i) {
      text += "          - b" + std::to_string(i) + ": { call: a.do, compensate: { call: a.undo } }\n";
    }
  }
  const Graph graph = make_graph(*loaded(text));
  EXPECT_LT(graph.edges.size(), 2500u);
  EXPECT_LT(to_svg(graph).size(), 1u << 20U);
}

}  // namespace
}  // namespace skald::graph
