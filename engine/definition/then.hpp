// `then`: where the flow goes on. Empty: the next step; a name: that step of the same list; else one of these words.
#pragma once

#include <string_view>

namespace skald::definition {

inline constexpr std::string_view kThenExit = "exit";              // the end of the list
inline constexpr std::string_view kThenEnd = "end";                // the end of the workflow
inline constexpr std::string_view kThenCompensate = "compensate";  // the end of the workflow, everything undone

}  // namespace skald::definition
