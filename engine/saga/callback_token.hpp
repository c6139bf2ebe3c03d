// The one-time addresses of $callbacks.<step>.url: "<execution>~<path>~<mac>".
//
// The mac is made of the execution's own secret, so a token cannot be guessed and nothing has to be stored for it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/saga/state.hpp"

namespace skald::saga {

struct CallbackToken {
  ExecutionId execution;
  std::string step;  // path without `#n`
  std::string mac;
};

std::string callback_token(const State& state, std::string_view step);

// nullopt: not the form of a token.
std::optional<CallbackToken> parse_callback_token(std::string_view text);

// Whether the mac is that of the step. Takes the same time wherever they differ.
bool is_callback_of(const State& state, std::string_view step, std::string_view mac);

}  // namespace skald::saga
