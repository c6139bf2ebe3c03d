// Any bytes as the OpenAPI document of a call: refused with diagnostics or loaded, and each operation of it is read, or
// refused with a reason; never a crash, a hang or an unbounded allocation.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/definition/load.hpp"
#include "engine/definition/openapi/api_document.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skald::definition;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::string source =
      "document: { dsl: '1.0.3', namespace: a, name: a, version: 1.0.0 }\n"
      "do: [ { a: { call: openapi, with: { document: { endpoint: 'https://a/b' }, operationId: a, parameters: '${ . }' "
      "} } } ]\n";
  const LoadResult result = load(source, {.documents = {{"https://a/b", bytes}}});
  if (result.ok() != result.diagnostics.empty()) std::abort();
  if (result.ok() && result.definition->documents.at("https://a/b") != bytes) std::abort();
  auto parsed = skald::parse_json(bytes);
  if (!parsed) return 0;
  auto api = ApiDocument::open(std::make_shared<const ExternalDocument>("https://a/b", std::move(*parsed)));
  if (!api && api.error().empty()) std::abort();
  if (!api) return 0;
  for (const std::string& id : api->operation_ids()) {
    const auto& operation = api->read(id);
    if (operation ? operation->method.empty() || operation->address.empty() : operation.error().empty()) std::abort();
  }
  return 0;
}
