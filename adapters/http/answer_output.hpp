// The output of a step from the answer to its request: the body, the whole answer, or the body's bytes. Pure.
//
// Source: `output` of the HTTP call and "HTTP Response" of the DSL reference 1.0.3.
#pragma once

#include "adapters/http/response_reader.hpp"
#include "engine/base/payload.hpp"
#include "engine/saga/request.hpp"

namespace skald::adapters {

// Takes the body out of `response`. What cannot be told for certain is no output: an answer whose end the loss of the
// connection may have been, a body that is not the JSON it says it is.
// Errors: "answer.encoded", "answer.open_end", "answer.header", "json.syntax", "json.depth".
Result<Payload> output_of(Response& response, const saga::Request& request);

}  // namespace skald::adapters
