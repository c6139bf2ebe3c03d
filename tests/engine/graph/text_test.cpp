#include "engine/graph/text.hpp"

#include <gtest/gtest.h>

namespace skald::graph {
namespace {

TEST(Text, ColumnsAreCharactersAndWideOnesTakeTwo) {
  EXPECT_EQ(columns_of("order"), 5u);
  EXPECT_EQ(columns_of("Über"), 4u);
  EXPECT_EQ(columns_of("注文"), 4u);
  EXPECT_EQ(columns_of("😀"), 2u);
}

TEST(Text, IsCutBetweenCharacters) {
  EXPECT_EQ(one_line("a\nb\tc", 5), "a b c");
  EXPECT_EQ(one_line("abcdef", 6), "abcdef");
  EXPECT_EQ(one_line("abcdefg", 6), "abcde…");
  EXPECT_EQ(one_line("注文注文", 6), "注文…");
}

TEST(Text, XmlHoldsWhatItCan) {
  EXPECT_EQ(escape_xml("a<b & \"c\" > 'd'"), "a&lt;b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  EXPECT_EQ(escape_xml(std::string_view("\x01\x7F\xEF\xBF\xBE", 5)), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escape_xml("Ü注😀"), "Ü注😀");
}

}  // namespace
}  // namespace skald::graph
