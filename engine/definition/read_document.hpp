// Reader of a whole document: header, use, saga, timeout, data flow, steps.
#pragma once

#include "engine/definition/definition.hpp"
#include "engine/definition/load_context.hpp"

namespace skald::definition {

// Everything but source, digest and by_path. Reports what is wrong and keeps what it could read.
void read_document(LoadContext& context, const Node& root, Definition& definition);

}  // namespace skald::definition
