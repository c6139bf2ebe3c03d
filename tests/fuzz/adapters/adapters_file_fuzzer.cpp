// Any bytes as the adapters file: refused with diagnostics or read, and then every place in it is one that may be sent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/adapters_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skald;
  const auto file = adapters::parse_adapters({reinterpret_cast<const char*>(data), size});
  bool has_error = false;
  for (const auto& diagnostic : file.diagnostics) {
    has_error = has_error || diagnostic.severity == definition::Severity::kError;
    if (diagnostic.message.empty() || diagnostic.mark.line == 0) std::abort();
  }
  if (file.config.has_value() == has_error) std::abort();
  if (!file.config) return 0;
  for (const auto& [name, adapter] : file.config->adapters) {
    if (!adapter.base_path.empty() && !adapters::is_target(adapter.base_path)) std::abort();
    if (adapter.limits.concurrency == 0 || adapter.origin.host.empty() || adapter.origin.port == 0) std::abort();
  }
  return 0;
}
