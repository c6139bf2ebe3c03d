// Answers as bytes. Heads are written by hand: a status line, the type, the length, and what the handler added.
#pragma once

#include <string>
#include <string_view>

#include "api/http/message.hpp"

namespace skald::api {

struct WriteOptions {
  bool keep_alive = true;
  bool head_only = false;  // the answer to HEAD: the length of the body without the body
};

// Appends head and body. A header value with a control character is a defect of ours.
void write_response(std::string& out, const Response& response, WriteOptions options);

std::string_view reason_phrase(int status);

}  // namespace skald::api
