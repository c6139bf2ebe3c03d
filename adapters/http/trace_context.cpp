#include "adapters/http/trace_context.hpp"

namespace skald::adapters {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// FNV-1a, 64 bits.
class Hash {
 public:
  void add(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001B3ull; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325ull;
};

char* put_hex(char* at, std::uint8_t byte) {
  *at++ = kHexDigits[byte >> 4];
  *at++ = kHexDigits[byte & 0x0F];
  return at;
}

}  // namespace

std::uint64_t span_id_of(const ExecutionId& execution, std::string_view step, saga::Action action,
                         std::uint32_t attempt) {
  Hash hash;
  for (const auto byte : execution.bytes) hash.add(byte);
  for (const char c : step) hash.add(static_cast<std::uint8_t>(c));
  hash.add(action == saga::Action::kExecute ? 0 : 1);
  for (int shift = 0; shift < 32; shift += 8) hash.add(static_cast<std::uint8_t>(attempt >> shift));
  return hash.value() == 0 ? 1 : hash.value();
}

void append_traceparent(std::string& out, const ExecutionId& execution, std::uint64_t span_id) {
  const auto first = out.size();
  out += "00-00000000000000000000000000000000-0000000000000000-01";
  char* at = out.data() + first + 3;
  for (const auto byte : execution.bytes) at = put_hex(at, byte);
  ++at;
  for (int shift = 56; shift >= 0; shift -= 8) at = put_hex(at, static_cast<std::uint8_t>(span_id >> shift));
}

}  // namespace skald::adapters
