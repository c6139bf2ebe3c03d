#include "adapters/secret.hpp"

#include <openssl/crypto.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace skald::adapters {
namespace {

constexpr std::size_t kSecretBytesMax = 64 * 1024;

bool is_secret_name(std::string_view text) {
  if (text.empty() || text.size() > 128 || text.front() == '.') return false;
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

std::optional<Secret> from_file(const std::string& directory, const std::string& name) {
  if (directory.empty()) return std::nullopt;
  std::ifstream file(directory + "/" + name, std::ios::binary);
  if (!file) return std::nullopt;
  std::string value(kSecretBytesMax + 1, '\0');
  file.read(value.data(), static_cast<std::streamsize>(value.size()));
  value.resize(static_cast<std::size_t>(file.gcount()));
  if (value.size() > kSecretBytesMax || file.bad()) return std::nullopt;
  if (value.ends_with('\n')) value.pop_back();
  if (value.ends_with('\r')) value.pop_back();
  return Secret(std::move(value));
}

std::optional<Secret> from_environment(const std::string& name) {
  std::string variable = "SKALD_SECRET_";
  for (const char c : name) {
    variable += c == '-' || c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  const char* value = std::getenv(variable.c_str());
  return value ? std::optional(Secret(value)) : std::nullopt;
}

}  // namespace

Secret::~Secret() {
  OPENSSL_cleanse(value_.data(), value_.size());
}

Result<SecretText> SecretText::parse(std::string_view text) {
  SecretText parsed;
  while (!text.empty()) {
    const auto open = text.find("${");
    if (open != 0) parsed.pieces_.emplace_back(Secret(std::string(text.substr(0, open))));
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const auto close = text.find('}');
    if (close == std::string_view::npos) return failure("secret.syntax", "`${` is not closed; write ${secret:name}");
    const auto inside = text.substr(2, close - 2);
    if (!inside.starts_with("secret:") || !is_secret_name(inside.substr(7))) {
      return failure("secret.syntax",
                     "only ${secret:name} may stand here, with a name of letters, digits, '.', '_', '-'");
    }
    parsed.pieces_.emplace_back(Name{std::string(inside.substr(7))});
    text.remove_prefix(close + 1);
  }
  return parsed;
}

Result<Secret> SecretText::resolve(const Secrets& secrets) const {
  std::string value;
  for (const auto& piece : pieces_) {
    if (const auto* literal = std::get_if<Secret>(&piece)) {
      value += literal->reveal();
      continue;
    }
    const auto& name = std::get<Name>(piece).value;
    const auto found = secrets.find(name);
    if (found == secrets.end()) {
      return failure("secret.unknown", "secret '" + name + "' is not set", {},
                     "put it into the secrets directory or the environment");
    }
    value += found->second.reveal();
  }
  return Secret(std::move(value));
}

void SecretText::collect_names(std::set<std::string>& names) const {
  for (const auto& piece : pieces_) {
    if (const auto* name = std::get_if<Name>(&piece)) names.insert(name->value);
  }
}

Secrets read_secrets(const std::string& directory, const std::set<std::string>& names) {
  Secrets secrets;
  for (const auto& name : names) {
    auto value = from_file(directory, name);
    if (!value) value = from_environment(name);
    if (value) secrets.emplace(name, std::move(*value));
  }
  return secrets;
}

}  // namespace skald::adapters
