// Structured log lines from inside the engine; the composition root decides where they go. Any thread.
#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

namespace skald::ports {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

class Log {
 public:
  using Field = std::pair<std::string_view, std::string_view>;  // "execution", "step", "error", ...

  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {}) = 0;
};

class SilentLog final : public Log {
 public:
  void write(LogLevel, std::string_view, std::initializer_list<Field>) override {}
};

}  // namespace skald::ports
