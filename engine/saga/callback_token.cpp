#include "engine/saga/callback_token.hpp"

#include "engine/definition/digest.hpp"

namespace skald::saga {
namespace {

constexpr std::size_t kMacDigits = 32;
constexpr char kSeparator = '~';

std::string mac_of(const State& state, std::string_view step) {
  return definition::sha256_hex(state.callback_secret + '/' + std::string(step)).substr(0, kMacDigits);
}

}  // namespace

std::string callback_token(const State& state, std::string_view step) {
  return to_string(state.id) + kSeparator + std::string(step) + kSeparator + mac_of(state, step);
}

std::optional<CallbackToken> parse_callback_token(std::string_view text) {
  const auto first = text.find(kSeparator);
  const auto last = text.rfind(kSeparator);
  if (first == last || text.size() - last - 1 != kMacDigits) return std::nullopt;
  const auto id = parse_execution_id(text.substr(0, first));
  if (!id) return std::nullopt;
  return CallbackToken{.execution = *id,
                       .step = std::string(text.substr(first + 1, last - first - 1)),
                       .mac = std::string(text.substr(last + 1))};
}

bool is_callback_of(const State& state, std::string_view step, std::string_view mac) {
  if (state.callback_secret.empty() || mac.size() != kMacDigits) return false;
  const std::string right = mac_of(state, step);
  unsigned difference = 0;
  for (std::size_t i = 0; i < kMacDigits; ++i) difference |= static_cast<unsigned char>(right[i] ^ mac[i]);
  return difference == 0;
}

}  // namespace skald::saga
