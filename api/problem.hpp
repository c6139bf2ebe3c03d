// Errors as application/problem+json (RFC 9457): `type`, `title`, `status`, `detail`, `instance`, and of ours `code`,
// `remedy` and `errors`.
//
// `type` is "urn:skald:problem:<code>" and stable; statuses and titles come from one table. The body of a 5xx is fixed
// text and an id that finds the log line. Pure but for that log line; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.hpp"
#include "engine/base/error.hpp"
#include "engine/definition/load.hpp"
#include "engine/ports/entropy.hpp"
#include "engine/ports/log.hpp"

namespace skald::api {

// One entry of `errors`: a place in the body, or in a definition's text.
struct ProblemEntry {
  std::string pointer;  // RFC 6901, into the request's body
  std::string detail;
};

class Problems {
 public:
  Problems(ports::Log& log, ports::Entropy& entropy) : log_(log), entropy_(entropy) {}

  // `instance` is the path of the request. An unknown code is a 500: a defect of ours.
  Response answer(const Error& error, std::string_view instance) const;
  Response answer(const Error& error, std::string_view instance, const std::vector<ProblemEntry>& errors) const;
  // `extra` is appended to the object as is: `,"name":value`.
  Response answer_with(const Error& error, std::string_view instance, std::string_view extra) const;

 private:
  ports::Log& log_;
  ports::Entropy& entropy_;
};

// The status of an error code; 500 for an unknown one.
int status_of(std::string_view code);

// `[{"line":..,"column":..,"pointer":..,"severity":..,"rule":..,"detail":..}]`
std::string diagnostics_json(const std::vector<definition::Diagnostic>& diagnostics);

}  // namespace skald::api
