#include "engine/base/error.hpp"

#include <utility>

namespace skald {

std::string to_text(const Error& error) {
  std::string text;
  if (!error.subject.empty()) text += error.subject + ": ";
  text += error.message;
  if (!error.remedy.empty()) text += "; " + error.remedy;
  if (!error.detail.empty()) text += " (" + error.detail + ")";
  return text;
}

std::unexpected<Error> failure(std::string code, std::string message, std::string subject, std::string remedy,
                               std::string detail) {
  return std::unexpected(Error{.code = std::move(code),
                               .message = std::move(message),
                               .subject = std::move(subject),
                               .remedy = std::move(remedy),
                               .detail = std::move(detail)});
}

}  // namespace skald
