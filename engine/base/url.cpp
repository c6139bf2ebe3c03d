#include "engine/base/url.hpp"

#include <algorithm>

namespace skald {
namespace {

constexpr std::string_view kMask = "***";

void mask(std::string& url, std::size_t from, std::size_t to) {
  url.replace(from, to - from, kMask);
}

void mask_parameters(std::string& url) {
  constexpr std::string_view kName = "password=";
  for (auto at = url.find(kName, url.find('?')); at != std::string::npos; at = url.find(kName, at)) {
    at += kName.size();
    mask(url, at, std::min(url.find_first_of("&#", at), url.size()));
  }
}

}  // namespace

std::string without_password(std::string_view given) {
  std::string url(given);
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  if (url.find('?') != std::string::npos) mask_parameters(url);
  // The last one, wherever it is: rather too much is masked than a part of a password that should have been encoded.
  const auto at = url.rfind('@');
  const auto colon = url.find(':', scheme + 3);
  if (at != std::string::npos && colon != std::string::npos && colon < at) mask(url, colon + 1, at);
  return url;
}

}  // namespace skald
