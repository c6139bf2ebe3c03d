#include "storage/postgres_connection.hpp"

#include <libpq-fe.h>

#include <array>
#include <map>
#include <memory>
#include <stdexcept>

namespace skald::storage {
namespace {

// A connection that is gone must be noticed within seconds on either side, and nothing may wait for ever. What the URL
// says counts.
constexpr std::array<std::pair<const char*, const char*>, 7> kDefaults = {{
    {"application_name", "skald"},
    {"connect_timeout", "5"},
    {"keepalives", "1"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "10000"},
}};
}  // namespace

std::string postgres_connection(const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), &message),
                                                                             PQconninfoFree);
  if (!options) {
    const std::string why = message ? message : "it cannot be read";
    PQfreemem(message);
    throw std::runtime_error(why);
  }
  std::map<std::string, std::string> values(kDefaults.begin(), kDefaults.end());
  for (const auto* option = options.get(); option->keyword; ++option) {
    if (option->val) values[option->keyword] = option->val;
  }
  std::string text;
  for (const auto& [keyword, value] : values) {
    text += keyword + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += "' ";
  }
  return text;
}

}  // namespace skald::storage
