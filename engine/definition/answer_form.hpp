// `with.output` of `call: http`: what of the answer is the step's output.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace skald::definition {

enum class AnswerForm : std::uint8_t {
  kContent,   // the body: JSON, or text
  kResponse,  // {request, statusCode, headers, content}
  kRaw,       // the body's bytes as base64 text
};

// The spellings of the language and of the history, in the order of the enumeration.
inline constexpr std::array<std::string_view, 3> kAnswerForms = {"content", "response", "raw"};

inline std::string_view to_string(AnswerForm form) {
  return kAnswerForms[static_cast<std::size_t>(form)];
}

inline std::optional<AnswerForm> parse_answer_form(std::string_view text) {
  for (std::size_t i = 0; i < kAnswerForms.size(); ++i) {
    if (kAnswerForms[i] == text) return static_cast<AnswerForm>(i);
  }
  return std::nullopt;
}

}  // namespace skald::definition
