// The HTTP texts of the standard work: the engine's requests and its answer, header by header, so that both ends read
// and write as many bytes as with the engine between them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/probe/execution.hpp"

namespace skald::probe {

// The call of the step under way, in place of what `out` holds. `authority` is the participant's "host:port".
void write_call(std::string& out, const Execution& execution, std::string_view authority, std::uint64_t span);

// The 201 of an execution that has ended.
void write_answer(std::string& out, const Execution& execution);

}  // namespace skald::probe
