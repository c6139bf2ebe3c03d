// The table of settings.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "api/settings/settings.hpp"
#include "engine/base/duration.hpp"
#include "engine/base/url.hpp"

namespace skald::api {
namespace {

using Set = std::function<bool(Settings&, const std::string&)>;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

Setting text(std::string_view name, std::string_view rule, std::string_view meaning, std::string Settings::* field,
             bool may_be_empty) {
  return {name, rule, meaning,
          [field, may_be_empty](Settings& settings, const std::string& value) {
            if (value.empty() && !may_be_empty) return false;
            settings.*field = value;
            return true;
          },
          [field](const Settings& settings) { return settings.*field; }};
}

Setting number(std::string_view name, std::string_view rule, std::string_view meaning, std::uint64_t Settings::* field,
               std::uint64_t least, std::uint64_t most) {
  return {name, rule, meaning,
          [=](Settings& settings, const std::string& value) {
            const auto parsed = parse_number(value);
            if (!parsed || *parsed < least || *parsed > most) return false;
            settings.*field = *parsed;
            return true;
          },
          [field](const Settings& settings) { return std::to_string(settings.*field); }};
}

Setting duration(std::string_view name, std::string_view rule, std::string_view meaning, Millis Settings::* field,
                 Millis least, Millis most) {
  return {name, rule, meaning,
          [=](Settings& settings, const std::string& value) {
            const auto parsed = parse_duration(value);
            if (!parsed || *parsed < least || *parsed > most) return false;
            settings.*field = *parsed;
            return true;
          },
          [field](const Settings& settings) { return format_duration(settings.*field); }};
}

Setting choice(std::string_view name, std::string_view rule, std::string_view meaning, std::string Settings::* field,
               std::vector<std::string> words) {
  return {name, rule, meaning,
          [field, words = std::move(words)](Settings& settings, const std::string& value) {
            for (const auto& word : words) {
              if (word != value) continue;
              settings.*field = value;
              return true;
            }
            return false;
          },
          [field](const Settings& settings) { return settings.*field; }};
}

bool set_listen(Settings& settings, const std::string& value) {
  const auto colon = value.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto port = parse_number(std::string_view(value).substr(colon + 1));
  if (!port || *port > 65535) return false;
  std::string host = value.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty()) return false;
  settings.listen_host = host;
  settings.listen_port = static_cast<std::uint16_t>(*port);
  return true;
}

std::string get_listen(const Settings& settings) {
  const bool is_v6 = settings.listen_host.find(':') != std::string::npos;
  return (is_v6 ? "[" + settings.listen_host + "]" : settings.listen_host) + ":" + std::to_string(settings.listen_port);
}

bool set_storage(Settings& settings, const std::string& value) {
  if (value.empty()) return false;
  settings.storage = value;
  return true;
}

std::string get_storage(const Settings& settings) {
  return without_password(settings.storage);
}

std::vector<std::string> split(const std::string& value) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from < value.size();) {
    const auto comma = std::min(value.find(',', from), value.size());
    if (comma > from) parts.push_back(value.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

Setting list(std::string_view name, std::string_view rule, std::string_view meaning,
             std::vector<std::string> Settings::* field) {
  return {name, rule, meaning,
          [field](Settings& settings, const std::string& value) {
            settings.*field = split(value);
            return true;
          },
          [field](const Settings& settings) { return fmt::format("{}", fmt::join(settings.*field, ",")); }};
}

bool set_connect_to(Settings& settings, const std::string& value) {
  std::map<std::string, std::string> map;
  for (const auto& part : split(value)) {
    const auto equals = part.find('=');
    if (equals == std::string::npos || part.find(':') > equals || part.find(':', equals) == std::string::npos)
      return false;
    map[part.substr(0, equals)] = part.substr(equals + 1);
  }
  settings.http_connect_to = std::move(map);
  return true;
}

std::string get_connect_to(const Settings& settings) {
  std::string joined;
  for (const auto& [from, to] : settings.http_connect_to) joined += (joined.empty() ? "" : ",") + from + "=" + to;
  return joined;
}

bool set_retention(Settings& settings, const std::string& value) {
  using namespace std::chrono_literals;
  const auto parsed = parse_duration(value);
  const bool for_ever = parsed && *parsed == Millis(0);
  if (!parsed || (!for_ever && (*parsed < 1s || *parsed > std::chrono::days(3650)))) return false;
  settings.retention_ended = *parsed;
  return true;
}

constexpr const char* kRetentionMeans =
    "how long ended executions are kept, with their histories; those that have not ended are always kept, and where a "
    "completed one has a key of `saga.unique` it counts from when that is free";

std::vector<Setting> make_table() {
  using S = Settings;
  using namespace std::chrono_literals;
  return {
      {"listen", "HOST:PORT, an IP address; port 0 picks a free one", "where the API listens", set_listen, get_listen},
      {"storage", "sqlite:PATH or postgresql://...", "the database", set_storage, get_storage},
      number("storageWriters", "between 1 and 16 connections",
             "connections that write to a PostgreSQL at the same time; SQLite has one", &S::storage_writers, 1, 16),
      text("workflows", "a folder, or empty for none", "workflow files, loaded and reloaded when they change",
           &S::workflows, true),
      text("adapters", "a file, or empty for none", "the participants' addresses, credentials and limits", &S::adapters,
           true),
      text("secrets", "a folder, or empty for none", "one file a secret; SKALD_SECRET_<NAME> comes second", &S::secrets,
           true),
      number("loops", "between 1 and 64 threads", "event loops that executions are spread over", &S::loops, 1, 64),
      number("blockingThreads", "between 1 and 64 threads", "threads for reads and compiling", &S::blocking_threads, 1,
             64),
      number("http.headerBytesMax", "between 1024 and 65536 bytes", "largest header of a request",
             &S::http_header_bytes_max, 1024, 65536),
      number("http.bodyBytesMax", "between 1024 and 67108864 bytes", "largest body of a request",
             &S::http_body_bytes_max, 1024, 67108864),
      duration("http.headerTimeout", "a duration between PT1S and PT5M", "for the header to arrive",
               &S::http_header_timeout, 1s, 5min),
      duration("http.bodyTimeout", "a duration between PT1S and PT1H", "for the body to arrive", &S::http_body_timeout,
               1s, 1h),
      duration("http.idleTimeout", "a duration between PT1S and PT1H", "for the next request of a connection",
               &S::http_idle_timeout, 1s, 1h),
      number("http.connectionsMax", "between 1 and 65536 connections", "open connections; more are answered 503",
             &S::http_connections_max, 1, 65536),
      list("http.allowedHosts", "host or host:port, separated by commas",
           "hosts that uploaded definitions may call by a literal endpoint, and fetch documents from",
           &S::http_allowed_hosts),
      list("http.allowedSecrets", "names, separated by commas",
           "secrets that uploaded definitions may use in an authentication", &S::http_allowed_secrets),
      text("http.caFile", "a PEM file, or empty for the system's",
           "certificates that participants are verified against", &S::http_ca_file, true),
      {"http.connectTo", "host:port=host:port, separated by commas",
       "connect elsewhere for a literal endpoint, as curl's --connect-to", set_connect_to, get_connect_to},
      number("engine.activeMax", "between 1 and 10000000 executions",
             "executions with work under way; above it starts are answered 429", &S::engine_active_max, 1, 10'000'000),
      duration("engine.passivateAfter", "a duration between PT0.1S and PT1H",
               "idle executions leave memory when nothing is due for that long", &S::engine_passivate_after, 100ms, 1h),
      duration("engine.recoveryRamp", "a duration between PT0S and PT10M",
               "executions recovered after a restart are spread over at most this", &S::engine_recovery_ramp, 0s,
               10min),
      {"retention.ended", "a duration between PT1S and P3650D, or PT0S to keep them for ever", kRetentionMeans,
       set_retention, [](const S& settings) { return format_duration(settings.retention_ended); }},
      text("publicUrl", "a URL without a slash at its end, or empty for http://HOST:PORT",
           "where the world reaches this API: what callback addresses begin with", &S::public_url, true),
      text("node.name", "a name that no other node has, or empty for HOST:PORT",
           "this node among those that share a PostgreSQL; a restart under the same name goes on at once",
           &S::node_name, true),
      text("node.address", "a URL, or empty for http://HOST:PORT", "where others reach this node's API, for /v1/nodes",
           &S::node_address, true),
      text("node.suspects", "a file, or empty for DATABASE-suspects beside an SQLite file and none on PostgreSQL",
           "what was in hand when the process died, so that an execution that makes it die again and again is left "
           "alone",
           &S::node_suspects, true),
      duration("node.lease", "a duration between PT1S and PT5M",
               "after how long without a renewal other nodes take this node's executions over", &S::node_lease, 1s,
               5min),
      duration("shutdown.timeout", "a duration between PT0S and PT10M", "how long a shutdown waits for calls in flight",
               &S::shutdown_timeout, 0s, 10min),
      choice("log.format", "auto, json or text", "auto is text on a terminal and JSON lines elsewhere", &S::log_format,
             {"auto", "json", "text"}),
      choice("log.level", "debug, info, warning or error", "the least severe level that is written", &S::log_level,
             {"debug", "info", "warning", "error"}),
  };
}

}  // namespace

std::span<const Setting> setting_table() {
  static const std::vector<Setting> kTable = make_table();
  return kTable;
}

}  // namespace skald::api
