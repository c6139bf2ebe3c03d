// The little of HTTP/1.1 and JSON that the load generator has to read from an answer.
//
// It shares the cores with what it measures, so it reads only the status, the length and one member of the body. Both
// functions are pure, allocate nothing and hand out views of the bytes they were given.
#pragma once

#include <cstddef>
#include <string_view>

namespace skald::bench {

enum class AnswerState { kIncomplete, kComplete, kMalformed };

struct Answer {
  AnswerState state = AnswerState::kIncomplete;
  int status = 0;
  std::string_view body;
  std::size_t size = 0;  // bytes of the whole answer, head and body
  bool close = false;    // the server ends the connection after this answer
};

// Reads one answer from the front of `bytes`. Only bodies with a Content-Length are understood: anything else, chunks
// included, is kMalformed, since a length is what both nginx and Skald send.
Answer read_answer(std::string_view bytes);

// The string value of member `name` at the top level of a JSON object; empty where there is none or it is no string.
// Members of nested objects never match. Escapes in the value are not decoded.
std::string_view top_level_string(std::string_view json, std::string_view name);

}  // namespace skald::bench
