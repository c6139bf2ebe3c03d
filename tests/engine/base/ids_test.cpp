#include "engine/base/ids.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace skald {
namespace {

TEST(ExecutionId, IsAUuidOfVersionSeven) {
  const ExecutionId id = make_execution_id(from_millis(0x0192F0C12B3CLL), ~0ull, ~0ull);
  EXPECT_EQ(to_string(id), "0192f0c1-2b3c-7fff-bfff-ffffffffffff");
  EXPECT_EQ(to_string(make_execution_id(from_millis(0), 0, 0)), "00000000-0000-7000-8000-000000000000");
}

TEST(ExecutionId, OrdersByTimeOfCreation) {
  const ExecutionId earlier = make_execution_id(from_millis(1'000), ~0ull, ~0ull);
  const ExecutionId later = make_execution_id(from_millis(1'001), 0, 0);
  EXPECT_LT(earlier, later);
  EXPECT_LT(to_string(earlier), to_string(later));
}

TEST(ExecutionId, ReadsItsOwnTextInEitherCase) {
  const ExecutionId id = make_execution_id(from_millis(1'700'000'000'000), 0x123, 0x456789ABCDEF);
  std::string text = to_string(id);
  EXPECT_EQ(parse_execution_id(text), id);
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(parse_execution_id(text), id);
}

TEST(ExecutionId, RefusesOtherText) {
  for (const char* text : {"", "0192f0c1", "0192f0c12b3c7fffbfffffffffffffff", "0192f0c1-2b3c-7fff-bfff-fffffffffffg",
                           "0192f0c1-2b3c-7fff-bfff-ffffffffffff0", "0192f0c1_2b3c-7fff-bfff-ffffffffffff",
                           "0192f0c12-b3c-7fff-bfff-ffffffffffff"}) {
    EXPECT_EQ(parse_execution_id(text), std::nullopt) << text;
  }
}

TEST(ExecutionId, HashesTellThemApart) {
  std::unordered_set<ExecutionId> ids;
  for (std::uint64_t i = 0; i < 1'000; ++i) ids.insert(make_execution_id(from_millis(7), 0, i));
  EXPECT_EQ(ids.size(), 1'000u);
}

// Stored rows have these.
TEST(ShardOfWorkflow, IsForever) {
  EXPECT_EQ(shard_of_workflow("shop", "nightly-settlement"), 253u);
  EXPECT_EQ(shard_of_workflow("shop", "checkout"), 70u);
  EXPECT_EQ(shard_of_workflow("", ""), 254u);
}

}  // namespace
}  // namespace skald
