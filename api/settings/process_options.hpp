// What the settings mean for the server's own parts.
#pragma once

#include <string>
#include <vector>

#include "api/http/request_parser.hpp"
#include "api/log/spdlog_log.hpp"
#include "api/settings/settings.hpp"

namespace skald::api {

ports::LogLevel level_of(const Settings& settings);
// "auto" is text for people at a terminal, JSON for everything else.
LogFormat format_of(const Settings& settings);
HttpLimits limits_of(const Settings& settings);
// Of this process's variables.
std::vector<std::string> names_of_environment();

}  // namespace skald::api
