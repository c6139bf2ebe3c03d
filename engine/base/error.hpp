// Errors that the outside world can cause, as values.
//
// A function that can fail because of its input, a participant, the database or the network returns Result<T>.
// Exceptions mean "this process or request cannot go on" and are caught once a session, driver and main.
// Text of ours (message, remedy) and text from outside (detail) never share a field.
#pragma once

#include <expected>
#include <string>

namespace skald {

struct Error {
  std::string code;     // stable, dotted, for programs: "definition.unknown_key"
  std::string message;  // for people: names the field, the rule and the value
  std::string subject;  // the place or thing: "checkout.yaml:14:9", an execution id, a setting
  std::string remedy;   // what to do about it; may be empty
  std::string detail;   // text from outside (a participant, a library); may be empty

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

// "subject: message; remedy (detail)", leaving out what is empty.
std::string to_text(const Error& error);

// Shorthand for `return std::unexpected(Error{...})`.
std::unexpected<Error> failure(std::string code, std::string message, std::string subject = {}, std::string remedy = {},
                               std::string detail = {});

}  // namespace skald
