// What must not be read out of histories and views: whoever has a callback's address may answer in its stead.
#pragma once

#include <string>

namespace skald::api {

// Blanks the tokens of callback addresses, and the secret they are made of, in JSON text.
void mask_callbacks(std::string& json);

}  // namespace skald::api
