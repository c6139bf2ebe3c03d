// A JSON array [schema, value, ...]: the schema is refused or judges every value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/definition/json_schema.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skald;
  const auto input = parse_json(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!input || !input->is_array() || input->empty()) return 0;
  const auto schema = definition::JsonSchema::compile((*input)[0]);
  if (!schema) {
    if (schema.error().message.empty()) std::abort();
    return 0;
  }
  for (std::size_t i = 1; i < input->size(); ++i) {
    for (const auto& violation : schema->validate((*input)[i])) {
      if (violation.message.empty()) std::abort();
    }
  }
  return 0;
}
