// Reading what a request carries: query parameters, headers and small JSON bodies, each strictly. The first thing that
// is wrong, or everything that is wrong with a body, becomes a 400 that names it.
//
// Life cycle: one object a request, on the stack of its handler.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.hpp"
#include "api/problem.hpp"
#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"

namespace skald::api {

inline constexpr std::size_t kPageDefault = 50;
inline constexpr std::size_t kPageMax = 500;
inline constexpr std::size_t kReasonBytesMax = 2048;

class QueryReader {
 public:
  explicit QueryReader(const Request& request);

  std::optional<std::string> text(std::string_view name);
  std::optional<Timestamp> time(std::string_view name);
  std::optional<ExecutionId> id(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name);
  // Present without a value, or "true"; absent or "false" is false.
  bool flag(std::string_view name);
  std::size_t limit();
  // "label.<key>=<value>" with "label." taken off.
  std::map<std::string, std::string> prefixed(std::string_view prefix);
  // The key inside the cursor of this list.
  std::optional<std::string> cursor(std::string_view list);

  // What was wrong first; a parameter that nobody asked for is wrong too.
  std::optional<Error> finish();

 private:
  void fail(std::string_view name, std::string_view rule, std::string_view value);

  const Request& request_;
  std::vector<bool> taken_;
  std::vector<std::string> known_;
  std::optional<Error> error_;
};

// An object with known keys; an absent body is an empty object.
class BodyReader {
 public:
  explicit BodyReader(const Request& request);

  std::optional<std::string> text(const std::string& key, std::size_t bytes_max);
  std::optional<Payload> payload(const std::string& key);
  bool flag(const std::string& key);
  void require(const std::string& key);

  // A code of request.invalid or json.*; `entries` has the pointers.
  std::optional<Error> finish();
  const std::vector<ProblemEntry>& entries() const { return entries_; }

 private:
  const Json* take(const std::string& key);

  std::optional<Error> error_;
  Json body_;
  std::vector<std::string> known_;
  std::vector<ProblemEntry> entries_;
};

// Who asks: the header Skald-Actor, "api" where it is absent. Errors: "request.invalid".
Result<std::string> read_actor(const Request& request);
// Skald-Label-<key> headers; keys become lower-case. Errors: "request.invalid".
Result<std::map<std::string, std::string>> read_labels(const Request& request);
// Idempotency-Key, quoted (a structured-field string) or bare. Errors: "request.invalid".
Result<std::optional<std::string>> read_idempotency_key(const Request& request);
// Content-Type absent, application/json or +json. Errors: "http.media_type".
Result<void> check_json_type(const Request& request);
// Whether Accept names `type` before anything else that the address has.
bool accepts(const Request& request, std::string_view type);

// RFC 7240.
struct Preference {
  std::optional<unsigned> wait_seconds;  // capped at 60
  bool respond_async = false;
};
Preference read_preference(const Request& request);

}  // namespace skald::api
