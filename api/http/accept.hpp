// Which of the media types that an address has a client wants most: `Accept` of RFC 9110, 12.5.1.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace skald::api {

// The index of the best of `offered` ("type/subtype", lower case), of equals the first; the first where there is no
// header. nullopt: none is acceptable. Parameters other than `q` are not looked at. Pure; any thread.
std::optional<std::size_t> choose_media_type(std::optional<std::string_view> accept,
                                             std::span<const std::string_view> offered);

}  // namespace skald::api
