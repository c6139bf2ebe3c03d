#include "api/settings/process_options.hpp"

#include <unistd.h>

#include <string_view>

namespace skald::api {

ports::LogLevel level_of(const Settings& settings) {
  const std::string& word = settings.log_level;
  if (word == "debug") return ports::LogLevel::kDebug;
  if (word == "warning") return ports::LogLevel::kWarning;
  return word == "error" ? ports::LogLevel::kError : ports::LogLevel::kInfo;
}

LogFormat format_of(const Settings& settings) {
  const std::string& word = settings.log_format;
  if (word == "auto") return isatty(STDERR_FILENO) == 1 ? LogFormat::kText : LogFormat::kJson;
  return word == "json" ? LogFormat::kJson : LogFormat::kText;
}

std::vector<std::string> names_of_environment() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

HttpLimits limits_of(const Settings& settings) {
  const auto seconds = [](Millis time) { return static_cast<unsigned>((time.count() + 999) / 1000); };
  return {.header_bytes_max = settings.http_header_bytes_max,
          .body_bytes_max = settings.http_body_bytes_max,
          .header_seconds = seconds(settings.http_header_timeout),
          .body_seconds = seconds(settings.http_body_timeout),
          .idle_seconds = seconds(settings.http_idle_timeout),
          .connections_max = settings.http_connections_max};
}

}  // namespace skald::api
