// Any bytes as the source of an expression and as a template: no crash, no hang, offsets inside the text.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/expression/value_template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skald::expression;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = Expression::compile(text);
  if (!compiled && (compiled.error().offset > text.size() || compiled.error().message.empty())) std::abort();
  if (compiled && compiled->source() != text) std::abort();
  const auto value = ValueTemplate::compile(skald::Json(std::string(text)));
  if (!value && value.error().empty()) std::abort();
  return 0;
}
