// Between database text and the ports' values.
#pragma once

#include <map>
#include <string>

#include "engine/ports/history_store.hpp"

namespace skald::storage {

// {"region":"eu"}: an object of strings.
std::string labels_to_json(const std::map<std::string, std::string>& labels);
std::map<std::string, std::string> labels_from_json(const std::string& text);

}  // namespace skald::storage
