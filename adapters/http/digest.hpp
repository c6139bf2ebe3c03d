// Digest access authentication: the answer to a server's challenge. Pure.
//
// Source: RFC 7616, with MD5 and SHA-256 (also "-sess"), qop=auth, userhash. Each challenge is answered once, with
// nc=1: nonces are not kept.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/secret.hpp"

namespace skald::adapters {

struct DigestChallenge {
  enum class Algorithm { kMd5, kSha256 };

  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque;
  Algorithm algorithm = Algorithm::kMd5;
  std::string algorithm_name;  // as the server wrote it; empty: it did not
  bool session = false;
  bool userhash = false;
};

// The strongest challenge of the WWW-Authenticate fields that can be answered. Absent: another scheme, another
// algorithm, no qop=auth, or not well-formed.
std::optional<DigestChallenge> choose_challenge(std::span<const std::string> fields);

struct DigestSubject {
  std::string_view method;
  std::string_view target;  // as on the request line
  std::string_view cnonce;
};

// The value of the Authorization header. The username must have no control characters.
Secret digest_header(const DigestChallenge& challenge, const Secret& username, const Secret& password,
                     const DigestSubject& subject);

}  // namespace skald::adapters
