// The log: JSON lines for collectors (`timestamp`, `severity_text`, `body`, `attributes`), one readable line for
// terminals. To standard error. Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/ports/clock.hpp"
#include "engine/ports/log.hpp"

namespace skald::api {

enum class LogFormat { kJson, kText };

class SpdlogLog final : public ports::Log {
 public:
  SpdlogLog(ports::Clock& clock, LogFormat format, ports::LogLevel least);
  ~SpdlogLog() override;

  void write(ports::LogLevel level, std::string_view message, std::initializer_list<Field> fields) override;

 private:
  struct Sink;
  ports::Clock& clock_;
  LogFormat format_;
  ports::LogLevel least_;
  std::unique_ptr<Sink> sink_;
};

std::string json_line(Timestamp at, ports::LogLevel level, std::string_view message,
                      std::initializer_list<ports::Log::Field> fields);
std::string text_line(Timestamp at, ports::LogLevel level, std::string_view message,
                      std::initializer_list<ports::Log::Field> fields);

}  // namespace skald::api
