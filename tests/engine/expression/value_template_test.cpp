#include "engine/expression/value_template.hpp"

#include <gtest/gtest.h>

#include "tests/engine/expression/support.hpp"

namespace skald::expression {
namespace {

Json render(const Json& value, const Json& input = {}) {
  const auto compiled = ValueTemplate::compile(value);
  if (!compiled) return compiled.error().front().error.message;
  const Variables variables(Json{{"x", {{"a", 7}}}});
  const auto result = compiled->render(input, variables);
  return result ? *result : Json(result.error().message);
}

TEST(ValueTemplate, FillsExpressionsIn) {
  EXPECT_EQ(render(Json{{"id", "${ .id }"}, {"a", {1, "${$x.a}", "text"}}, {"b", true}}, Json{{"id", "o-1"}}),
            (Json{{"id", "o-1"}, {"a", {1, 7, "text"}}, {"b", true}}));
  EXPECT_EQ(render("${ {a: .} }", 1), (Json{{"a", 1}}));
  EXPECT_EQ(render("  ${ . }\n", 1), 1);
}

TEST(ValueTemplate, ConstantsStayAsTheyAre) {
  const Json value = {{"a", {1, nullptr, "$x", "{}"}}, {"b", Json::object()}};
  EXPECT_EQ(render(value), value);
  EXPECT_TRUE(ValueTemplate::compile(value)->is_constant());
  EXPECT_FALSE(ValueTemplate::compile("${ 1 }")->is_constant());
}

TEST(ValueTemplate, ReportsAllErrorsWithTheirPlaces) {
  const auto compiled = ValueTemplate::compile(
      Json{{"a/b", {"${ .x + }", "ok"}}, {"c", "Order ${ .id }!"}, {"d", {{"~", "${ lenght }"}}}});
  ASSERT_FALSE(compiled);
  const auto& errors = compiled.error();
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[0].pointer, "/a~1b/0");
  EXPECT_EQ(errors[0].error.message, "unexpected end of the expression, expected an expression");
  EXPECT_EQ(errors[0].error.offset, 8U);
  EXPECT_EQ(errors[1].pointer, "/c");
  EXPECT_EQ(errors[1].error.message, "an expression must be the whole value; write ${ \"Order \\(.id)!\" }");
  EXPECT_EQ(errors[1].error.offset, 6U);
  EXPECT_EQ(errors[2].pointer, "/d/~0");
  EXPECT_EQ(errors[2].error.message, "unknown function 'lenght'; did you mean 'length'?");
}

TEST(ValueTemplate, SeveralExpressionsInOneTextAreText) {
  EXPECT_EQ(render("${ .a } and ${ .b }"),
            Json("an expression must be the whole value; write ${ \"\\(.a) and \\(.b)\" }"));
}

TEST(ValueTemplate, FirstFailingExpressionIsTheError) {
  EXPECT_EQ(render(Json{{"a", "${ .x.y }"}}, Json{{"x", 1}}),
            Json("Cannot index number with string \"y\" (at byte 3)"));
}

TEST(ValueTemplate, ValuesTogetherAreBounded) {
  Json value = Json::array();
  for (int i = 0; i < 100; ++i) value.push_back("${ \"x\" * 100000 }");
  EXPECT_EQ(render(value), Json("the values together are larger than 4194304 bytes"));
}

TEST(ValueTemplate, ListsItsExpressions) {
  const auto compiled = ValueTemplate::compile(Json{{"a", "${ .one }"}, {"b", {"${ .two }", 3}}});
  ASSERT_TRUE(compiled);
  const auto expressions = compiled->expressions();
  ASSERT_EQ(expressions.size(), 2U);
  EXPECT_EQ(expressions[0]->source(), " .one ");
  EXPECT_EQ(expressions[1]->source(), " .two ");
}

TEST(ValueTemplate, FromOneExpression) {
  const auto value = ValueTemplate::from_expression(*Expression::compile(".a"));
  EXPECT_EQ(*value.render(Json{{"a", 5}}, EmptyEnvironment()), 5);
  EXPECT_EQ(value.expressions().size(), 1U);
}

TEST(WrappedExpression, IsTheWholeText) {
  std::string_view inner;
  std::size_t offset = 0;
  EXPECT_TRUE(is_wrapped_expression(" ${ .a }", &inner, &offset));
  EXPECT_EQ(inner, " .a ");
  EXPECT_EQ(offset, 3U);
  EXPECT_TRUE(is_wrapped_expression("${ {a: \"}\"} }"));
  EXPECT_TRUE(is_wrapped_expression("${ \"\\({a: 1})\" }"));
  EXPECT_FALSE(is_wrapped_expression("${ .a } ${ .b }"));
  EXPECT_FALSE(is_wrapped_expression("x ${ .a }"));
  EXPECT_FALSE(is_wrapped_expression("${"));
  EXPECT_FALSE(is_wrapped_expression("$.a"));
}

}  // namespace
}  // namespace skald::expression
