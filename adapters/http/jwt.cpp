#include "adapters/http/jwt.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/base64.hpp"

namespace skald::adapters {

Secret signed_jwt(const Json& claims, const Secret& key) {
  const std::string text = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(dump_json(claims));
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.reveal().size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  return Secret(text + "." + base64url({reinterpret_cast<const char*>(mac.data()), size}));
}

std::optional<Json> claims_of(std::string_view jwt) {
  if (std::ranges::count(jwt, '.') != 2) return std::nullopt;
  const std::size_t first = jwt.find('.');
  const auto bytes = from_base64url(jwt.substr(first + 1, jwt.rfind('.') - first - 1));
  auto claims = bytes ? parse_json(*bytes) : Result<Json>(Json());
  if (!claims || !claims->is_object()) return std::nullopt;
  return std::move(*claims);
}

}  // namespace skald::adapters
