// Opaque page cursors: base64url of a list's mark and the key of the last item. They carry nothing secret and are
// checked when they come back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skald::api {

// `list` is a short mark ("executions"): the cursor of another list is refused.
std::string make_cursor(std::string_view list, std::string_view key);
std::optional<std::string> read_cursor(std::string_view list, std::string_view cursor);

}  // namespace skald::api
