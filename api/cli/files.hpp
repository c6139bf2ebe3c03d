// Files that commands read and write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/cli/cli.hpp"
#include "engine/base/error.hpp"
#include "engine/definition/load.hpp"

namespace skald::cli {

// "-" is standard input. Errors: "file.unreadable".
Result<std::string> read_text(const std::string& file);

// In the place of each folder the workflow files in it, by name, as `skald serve` would load them. Errors:
// "file.unreadable": a folder that cannot be read, or has none.
Result<std::vector<std::string>> list_workflow_files(const std::vector<std::string>& given);

// Text that is JSON, as it stands there. Errors: "file.unreadable", "file.json" with the place.
Result<std::string> read_json(const std::string& file);

// The value of --input: JSON itself where it begins with { or [ (after white space), else a file as above; ./{name is
// a file whose name begins so. Errors: those of read_json.
Result<std::string> read_input(const std::string& value);

// Loads a workflow file with the documents that it names, relative ones from its folder.
definition::LoadResult load_definition(const Context& context, const std::string& file, const std::string& source,
                                       const definition::LoadOptions& options);

// Replaces what the file held. Errors: "file.unwritable".
Result<void> write_text(const std::string& file, std::string_view text);

}  // namespace skald::cli
