// Makes a workflow that fails smaller, so that what is left shows why.
#pragma once

#include <functional>
#include <string>

namespace skald::saga {

// What is left of a workflow in block style when no block (a line with those that are indented below it) can be left
// out any more so that it still loads and still fails. `fails` is asked of texts that load only.
std::string shrink_workflow(const std::string& yaml, const std::function<bool(const std::string&)>& fails);

}  // namespace skald::saga
