// Any bytes as a definition: refused with diagnostics or loaded, never a crash, a hang or an unbounded allocation.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/engine/definition/sample_catalog.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skald::definition;
  static const OperationCatalog catalog = sample_catalog();
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  for (const bool trusted : {true, false}) {
    const LoadResult result = load(source, {.operations = &catalog, .trusted = trusted, .allowed_hosts = {"a"}});
    bool has_error = false;
    for (const Diagnostic& diagnostic : result.diagnostics) {
      has_error = has_error || diagnostic.severity == Severity::kError;
      if (diagnostic.message.empty() || diagnostic.mark.line == 0 || diagnostic.mark.column == 0) std::abort();
    }
    if (result.ok() == has_error) std::abort();
    if (result.ok()) {
      for (const auto& [path, step] : result.definition->by_path) {
        if (step == nullptr || step->path != path) std::abort();
      }
    }
  }
  return 0;
}
