// Watching one execution from the terminal.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "api/cli/cli.hpp"
#include "api/cli/client.hpp"

namespace skald::cli {

// Prints each history row as it comes, until the execution has ended or waits for an operator. A server that goes away
// is waited for: half a minute. The answer is the exit code.
int follow(Client& client, const Context& context, const std::string& id);
// The same without printing the rows, then the execution as `show` would print it.
int wait_for_end(Client& client, const Context& context, const std::string& id);

// The cells of a history row: time, type, step, attempt, note.
std::vector<std::string> history_cells(const nlohmann::json& row);
// The execution in full, for people.
void print_execution(const nlohmann::json& execution);
// 0 where it completed.
int exit_code_of(const nlohmann::json& execution);

}  // namespace skald::cli
