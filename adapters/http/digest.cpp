#include "adapters/http/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <map>
#include <vector>

#include "adapters/http/url.hpp"

namespace skald::adapters {
namespace {

using Algorithm = DigestChallenge::Algorithm;

struct Challenge {
  std::string scheme;  // lower case
  std::map<std::string, std::string> parameters;
  bool good = true;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return out;
}

// The list of challenges of one field (RFC 9110, 11.6.1): a word without '=' behind it begins one.
class ChallengeParser {
 public:
  explicit ChallengeParser(std::string_view text) : rest_(text) {}

  std::vector<Challenge> parse() {
    while (skip(", \t"), !rest_.empty()) {
      const std::string word = lower(take_token());
      skip(" \t");
      if (!word.empty() && !rest_.starts_with('=')) {
        challenges_.push_back({.scheme = word, .parameters = {}});
      } else if (!take_parameter(word)) {
        if (!challenges_.empty()) challenges_.back().good = false;
        rest_.remove_prefix(std::min(rest_.find(','), rest_.size()));
      }
    }
    return std::move(challenges_);
  }

 private:
  void skip(std::string_view blanks) { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }

  std::string take_token() {
    std::size_t size = 0;
    while (size < rest_.size() && is_token(rest_.substr(size, 1))) ++size;
    std::string token(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return token;
  }

  bool take_quoted(std::string& value) {
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return false;
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_parameter(const std::string& name) {
    if (name.empty() || challenges_.empty() || !rest_.starts_with('=')) return false;
    rest_.remove_prefix(1);
    skip(" \t");
    std::string value;
    if (rest_.starts_with('"')) {
      if (!take_quoted(value)) return false;
    } else {
      value = take_token();
      if (value.empty()) return false;
    }
    return challenges_.back().parameters.emplace(name, std::move(value)).second;
  }

  std::string_view rest_;
  std::vector<Challenge> challenges_;
};

std::optional<std::string> parameter(const Challenge& challenge, const char* name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::nullopt : std::optional(found->second);
}

bool offers_auth(const std::optional<std::string>& qop) {
  std::string_view rest = qop ? std::string_view(*qop) : std::string_view();
  while (!rest.empty()) {
    auto word = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (lower(word) == "auth") return true;
  }
  return false;
}

std::optional<DigestChallenge> understand(const Challenge& challenge) {
  const auto realm = parameter(challenge, "realm");
  const auto nonce = parameter(challenge, "nonce");
  if (!challenge.good || challenge.scheme != "digest" || !realm || !nonce) return std::nullopt;
  if (!offers_auth(parameter(challenge, "qop"))) return std::nullopt;
  DigestChallenge digest{.realm = *realm, .nonce = *nonce, .opaque = parameter(challenge, "opaque")};
  digest.algorithm_name = parameter(challenge, "algorithm").value_or("");
  std::string algorithm = lower(digest.algorithm_name);
  if (algorithm.ends_with("-sess")) {
    digest.session = true;
    algorithm.resize(algorithm.size() - 5);
  }
  if (algorithm == "sha-256") {
    digest.algorithm = Algorithm::kSha256;
  } else if (algorithm != "md5" && !(algorithm.empty() && !digest.session)) {
    return std::nullopt;
  }
  digest.userhash = lower(parameter(challenge, "userhash").value_or("")) == "true";
  return digest;
}

std::string hash(Algorithm algorithm, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const EVP_MD* how = algorithm == Algorithm::kSha256 ? EVP_sha256() : EVP_md5();
  if (EVP_Digest(text.data(), text.size(), digest, &size, how, nullptr) != 1) return {};
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::optional<DigestChallenge> choose_challenge(std::span<const std::string> fields) {
  std::optional<DigestChallenge> chosen;
  for (const std::string& field : fields) {
    for (const Challenge& challenge : ChallengeParser(field).parse()) {
      auto digest = understand(challenge);
      if (!digest || (chosen && chosen->algorithm >= digest->algorithm)) continue;
      chosen = std::move(digest);
    }
  }
  return chosen;
}

Secret digest_header(const DigestChallenge& challenge, const Secret& username, const Secret& password,
                     const DigestSubject& subject) {
  constexpr std::string_view kCount = "00000001";
  const auto h = [&](std::string_view text) { return hash(challenge.algorithm, text); };
  std::string first = h(username.reveal() + ":" + challenge.realm + ":" + password.reveal());
  if (challenge.session) first = h(fmt::format("{}:{}:{}", first, challenge.nonce, subject.cnonce));
  const std::string second = h(fmt::format("{}:{}", subject.method, subject.target));
  const std::string response =
      h(fmt::format("{}:{}:{}:{}:auth:{}", first, challenge.nonce, kCount, subject.cnonce, second));
  const std::string name = challenge.userhash ? h(username.reveal() + ":" + challenge.realm) : username.reveal();
  std::string header =
      fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"", in_quotes(name),
                  in_quotes(challenge.realm), in_quotes(challenge.nonce), in_quotes(subject.target), response);
  if (!challenge.algorithm_name.empty()) header += ", algorithm=" + challenge.algorithm_name;
  header += fmt::format(", cnonce={}, qop=auth, nc={}", in_quotes(subject.cnonce), kCount);
  if (challenge.opaque) header += ", opaque=" + in_quotes(*challenge.opaque);
  if (challenge.userhash) header += ", userhash=true";
  return Secret(std::move(header));
}

}  // namespace skald::adapters
