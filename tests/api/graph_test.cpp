// The drawing of a workflow, from the server and from the command line.
#include <filesystem>

#include "tests/api/service_fixture.hpp"
#include "tests/support/files.hpp"

namespace skald::test {
namespace {

namespace fs = std::filesystem;

std::string drawing(const std::string& name) {
  return text_of(fs::path(SKALD_SOURCE_DIR) / "tests/engine/graph/drawings" / name);
}

class GraphRoutes : public ServiceTest {
 protected:
  void SetUp() override {
    start();
    deploy("w", "  - one: { call: p.ok, compensate: { call: p.undo } }\n");
  }
};

TEST_F(GraphRoutes, AnswerWhatAcceptAsksFor) {
  const std::string newest = "/v1/workflows/test/w/graph";
  const auto mermaid = get(newest);
  EXPECT_EQ(mermaid.status, 200);
  EXPECT_EQ(mermaid.header("content-type"), "text/vnd.mermaid; charset=utf-8");
  EXPECT_EQ(mermaid.header("vary"), "Accept");
  EXPECT_NE(mermaid.body.find("flowchart TB"), std::string::npos) << mermaid.body;
  const auto plain = get(newest, "Accept: text/plain\r\n");
  EXPECT_EQ(plain.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(plain.body, mermaid.body);
  const auto dot = get("/v1/workflows/test/w/versions/1.0.0/graph", "Accept: text/vnd.graphviz\r\n");
  EXPECT_EQ(dot.header("content-type"), "text/vnd.graphviz; charset=utf-8");
  EXPECT_TRUE(dot.body.starts_with("digraph \"test/w 1.0.0\" {")) << dot.body;
  const auto svg = get(newest, "Accept: image/avif,image/*,*/*;q=0.8\r\n");
  EXPECT_EQ(svg.header("content-type"), "image/svg+xml");
  EXPECT_TRUE(svg.body.starts_with("<svg ")) << svg.body;
}

TEST_F(GraphRoutes, SayWhatThereIs) {
  const auto refused = get("/v1/workflows/test/w/graph", "Accept: image/png\r\n");
  EXPECT_EQ(refused.status, 406);
  const Json problem = Json::parse(refused.body);
  EXPECT_EQ(problem["code"], "http.not_acceptable");
  EXPECT_EQ(problem["detail"], "the drawing cannot be given in a form that `Accept` names");
  EXPECT_EQ(problem["remedy"], "there are text/vnd.mermaid, text/plain, text/vnd.graphviz, image/svg+xml");
  EXPECT_EQ(get("/v1/workflows/test/none/graph").status, 404);
  EXPECT_EQ(get("/v1/workflows/test/w/versions/2.0.0/graph").status, 404);
  EXPECT_EQ(get("/v1/workflows/test/w/graph?format=svg").status, 400);
}

class GraphCommand : public testing::Test {
 protected:
  CommandResult graph(std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.begin(), "graph");
    return run_skald(arguments, input, {});
  }

  TemporaryFolder folder_;
  const std::string workflow_ = (fs::path(SKALD_SOURCE_DIR) / "workflows/checkout.yaml").string();
};

TEST_F(GraphCommand, DrawsEachForm) {
  EXPECT_EQ(graph({workflow_}).out, drawing("checkout.mmd"));
  EXPECT_EQ(graph({workflow_, "--format", "dot"}).out, drawing("checkout.dot"));
  EXPECT_EQ(graph({"-", "--format", "svg"}, text_of(workflow_)).out, drawing("checkout.svg"));
}

TEST_F(GraphCommand, WritesAFileInTheFormOfItsName) {
  for (const char* extension : {"svg", "dot", "mmd"}) {
    const std::string file = folder_.write(std::string("out.") + extension, "old");
    const auto written = graph({workflow_, "-o", file});
    EXPECT_EQ(written.exit_code, 0) << written.err;
    EXPECT_EQ(written.out, "");
    EXPECT_EQ(text_of(file), drawing(std::string("checkout.") + extension));
  }
  const auto unknown = graph({workflow_, "-o", "drawing.png"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_TRUE(unknown.err.starts_with("error: drawing.png: has an ending that says no format\n")) << unknown.err;
  EXPECT_FALSE(fs::exists("drawing.png"));
  const auto refused = graph({workflow_, "-o", "/nowhere/at/all.svg"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err, "error: /nowhere/at/all.svg: cannot be written\n  check the folder, and its permissions\n");
}

TEST_F(GraphCommand, SaysWhatIsWrongWithAWorkflow) {
  const std::string file = folder_.write("bad.yaml", "do: []\n");
  const auto result = graph({file});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, file + ":1:1: error: the document needs the key 'document' [missing-key]\n" + file +
                            ":1:5: error: do must have at least one step [no-steps]\n");
}

}  // namespace
}  // namespace skald::test
