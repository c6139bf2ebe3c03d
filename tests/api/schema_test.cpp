// The schema of workflows that the server answers is the one of the repository.
#include "tests/api/service_fixture.hpp"
#include "tests/support/files.hpp"

namespace skald::test {
namespace {

using SchemaRoute = ServiceTest;

TEST_F(SchemaRoute, AnswersTheSchemaOfTheRepository) {
  start();
  const auto answer = get("/schemas/workflow.json");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "application/schema+json");
  EXPECT_EQ(answer.body, text_of(SKALD_SOURCE_DIR "/api/workflow_schema.json"));
  EXPECT_EQ(Json::parse(answer.body)["$schema"], "http://json-schema.org/draft-07/schema#");
}

}  // namespace
}  // namespace skald::test
