#include "engine/definition/digest.hpp"

#include <openssl/evp.h>

#include <array>

#include "engine/base/invariant.hpp"

namespace skald::definition {

std::string sha256_hex(std::string_view bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // once: each look-up takes locks
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, algorithm, nullptr);
  SKALD_INVARIANT(done == 1 && size == 32);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHexDigits[hash[i] >> 4];
    hex += kHexDigits[hash[i] & 0x0F];
  }
  return hex;
}

std::string digest_of(std::string_view source, const Documents& documents) {
  if (documents.empty()) return sha256_hex(source);
  std::string list = "source " + sha256_hex(source) + "\n";
  for (const auto& [uri, bytes] : documents) list += "document " + sha256_hex(uri) + " " + sha256_hex(bytes) + "\n";
  return sha256_hex(list);
}

}  // namespace skald::definition
