#include "engine/base/error.hpp"

#include <gtest/gtest.h>

namespace skald {
namespace {

TEST(Error, TextHasSubjectMessageRemedyAndDetail) {
  const Error error{
      .code = "a.b", .message = "cannot open", .subject = "skald.db", .remedy = "check rights", .detail = "EACCES"};
  EXPECT_EQ(to_text(error), "skald.db: cannot open; check rights (EACCES)");
}

TEST(Error, TextLeavesOutWhatIsEmpty) {
  EXPECT_EQ(to_text(Error{.code = "a.b", .message = "cannot open"}), "cannot open");
  EXPECT_EQ(to_text(Error{.code = "a.b", .message = "cannot open", .detail = "EACCES"}), "cannot open (EACCES)");
}

TEST(Error, FailureBecomesAResult) {
  const Result<int> result = failure("a.b", "cannot open", "skald.db");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), (Error{.code = "a.b", .message = "cannot open", .subject = "skald.db"}));
}

}  // namespace
}  // namespace skald
