#include "api/log/spdlog_log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "engine/base/json_object.hpp"

namespace skald::api {
namespace {

std::string_view severity(ports::LogLevel level) {
  switch (level) {
    case ports::LogLevel::kDebug:
      return "DEBUG";
    case ports::LogLevel::kInfo:
      return "INFO";
    case ports::LogLevel::kWarning:
      return "WARN";
    case ports::LogLevel::kError:
      return "ERROR";
  }
  return "INFO";
}

// Text from outside must not be able to begin a line or drive a terminal.
void append_printable(std::string& out, std::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
}

}  // namespace

struct SpdlogLog::Sink {
  std::shared_ptr<spdlog::logger> logger =
      std::make_shared<spdlog::logger>("skald", std::make_shared<spdlog::sinks::stderr_sink_mt>());
};

SpdlogLog::SpdlogLog(ports::Clock& clock, LogFormat format, ports::LogLevel least)
    : clock_(clock), format_(format), least_(least), sink_(std::make_unique<Sink>()) {
  sink_->logger->set_pattern("%v");
  sink_->logger->set_level(spdlog::level::trace);
  sink_->logger->flush_on(spdlog::level::trace);
}

SpdlogLog::~SpdlogLog() = default;

void SpdlogLog::write(ports::LogLevel level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < least_) return;
  const auto line = format_ == LogFormat::kJson ? json_line(clock_.now(), level, message, fields)
                                                : text_line(clock_.now(), level, message, fields);
  sink_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

std::string json_line(Timestamp at, ports::LogLevel level, std::string_view message,
                      std::initializer_list<ports::Log::Field> fields) {
  std::string line;
  {
    JsonObject object(line);
    object.time("timestamp", at);
    object.text("severity_text", severity(level));
    object.text("body", message);
    if (fields.size() > 0) {
      std::string& attributes = object.key("attributes") += '{';
      for (const auto& [name, value] : fields) {
        if (attributes.back() != '{') attributes += ',';
        append_json_string(attributes, name);
        attributes += ':';
        append_json_string(attributes, value);
      }
      attributes += '}';
    }
  }
  return line;
}

std::string text_line(Timestamp at, ports::LogLevel level, std::string_view message,
                      std::initializer_list<ports::Log::Field> fields) {
  std::string line = format_rfc3339(at);
  line += ' ';
  line += severity(level);
  line.append(6 - severity(level).size(), ' ');
  append_printable(line, message);
  for (const auto& [name, value] : fields) {
    line += "  ";
    append_printable(line, name);
    line += '=';
    append_printable(line, value);
  }
  return line;
}

}  // namespace skald::api
