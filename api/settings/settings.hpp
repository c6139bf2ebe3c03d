// What `skald serve` can be told: skald.yaml, then SKALD_* variables, then flags; the later wins.
//
// One table lists every setting with its default, unit, range and meaning; the file's keys, the variables, the flags,
// --print-config and docs/configuration.md all follow from it. Pure but for read_config_file() and check_folders().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

namespace skald::api {

struct Settings {
  std::string listen_host = "127.0.0.1";
  std::uint16_t listen_port = 8080;
  std::string storage = "sqlite:skald.db";
  std::uint64_t storage_writers = 1;
  std::string workflows;  // empty: no folder
  std::string adapters;   // empty: no adapters
  std::string secrets;    // empty: secrets come from SKALD_SECRET_* alone

  std::uint64_t loops = 1;
  std::uint64_t blocking_threads = 4;

  std::uint64_t http_header_bytes_max = 8 * 1024;
  std::uint64_t http_body_bytes_max = 1024 * 1024;
  Millis http_header_timeout = std::chrono::seconds(10);
  Millis http_body_timeout = std::chrono::seconds(30);
  Millis http_idle_timeout = std::chrono::seconds(60);
  std::uint64_t http_connections_max = 1024;
  std::vector<std::string> http_allowed_hosts;
  std::vector<std::string> http_allowed_secrets;
  std::string http_ca_file;
  std::map<std::string, std::string> http_connect_to;

  std::uint64_t engine_active_max = 50'000;
  Millis engine_passivate_after = std::chrono::seconds(5);
  Millis engine_recovery_ramp = std::chrono::seconds(5);
  Millis retention_ended = std::chrono::days(30);  // 0: for ever
  std::string node_name;                           // empty: HOST:PORT
  std::string public_url;                          // empty: where it listens
  std::string node_address;                        // empty: where it listens
  std::string node_suspects;                       // empty: beside an SQLite file, none on PostgreSQL
  Millis node_lease = std::chrono::seconds(15);
  Millis shutdown_timeout = std::chrono::seconds(30);

  std::string log_format = "auto";
  std::string log_level = "info";
};

// One row of the table. Values are text everywhere: lists are joined by ',', maps are "key=value" joined by ','.
struct Setting {
  std::string_view name;     // as in skald.yaml: "http.bodyBytesMax"
  std::string_view rule;     // unit and range: "between 1024 and 67108864 bytes"
  std::string_view meaning;  // one line
  std::function<bool(Settings&, const std::string&)> set;
  std::function<std::string(const Settings&)> get;  // secrets masked
};

std::span<const Setting> setting_table();

std::string environment_name(std::string_view setting);  // "SKALD_HTTP_BODY_BYTES_MAX"
std::string flag_name(std::string_view setting);         // "--http-body-bytes-max"

// Errors: "setting.invalid" naming the setting, the rule and the value; "setting.unknown".
Result<void> apply_setting(Settings& settings, std::string_view name, const std::string& value,
                           const std::string& source);
// The text of skald.yaml: all that is wrong with it, in its order. Errors: as above with file:line:column,
// "setting.file" for what is no YAML.
std::vector<Error> apply_config(Settings& settings, const std::string& file, std::string_view text);
// `get` is getenv or its like. As above.
std::vector<Error> apply_environment(Settings& settings, const std::function<const char*(const char*)>& get);
// What is wrong with names of variables: those that begin as ours do and are none. A platform may set such for reasons
// of its own, so that they are worth a warning and no more.
std::vector<Error> unknown_variables(const std::vector<std::string>& names);
// Errors: "setting.file".
Result<std::string> read_config_file(const std::string& file);

// What is named has to be there when the server begins; later on a folder may come and go. Errors: "setting.invalid".
Result<void> check_folders(const Settings& settings);

// The result as skald.yaml would say it, secrets masked.
std::string print_config(const Settings& settings);

}  // namespace skald::api
