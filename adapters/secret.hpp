// Credentials: a type that does not print, and texts that name secrets without holding them.
//
// A secret is a file of that name in the secrets directory (one trailing line break is dropped) or the environment
// variable SKALD_SECRET_<NAME> (upper case, `-` and `.` as `_`); the file wins. Values never reach a log, an error or a
// request that is stored: reveal() is called where texts with secrets in them are put together (secret.cpp), and in
// adapters/http where a header, the request for a token, or the digest that tells policies apart is made.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/error.hpp"

namespace skald::adapters {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();

  const std::string& reveal() const { return value_; }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

// What anything that prints a Secret shows.
inline std::string_view to_string(const Secret&) {
  return "***";
}

using Secrets = std::map<std::string, Secret, std::less<>>;

// "Token ${secret:name}": literal pieces (secret too) and names.
class SecretText {
 public:
  SecretText() = default;

  // Errors: "secret.syntax" (an unclosed `${`, another kind of `${...}`, a name outside [A-Za-z0-9._-]).
  static Result<SecretText> parse(std::string_view text);

  // Errors: "secret.unknown" naming the first one that is missing.
  Result<Secret> resolve(const Secrets& secrets) const;

  void collect_names(std::set<std::string>& names) const;

 private:
  struct Name {
    std::string value;
  };
  std::vector<std::variant<Secret, Name>> pieces_;
};

// Blocking. `directory` may be empty. Names that are found nowhere are left out.
Secrets read_secrets(const std::string& directory, const std::set<std::string>& names);

}  // namespace skald::adapters
