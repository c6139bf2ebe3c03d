#include "bench/load/request.hpp"

#include <fmt/format.h>

namespace skald::bench {
namespace {
constexpr std::string_view kNumberMark = "0000000000";
}

Request::Request(const RequestParts& parts) {
  bytes_ = fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
                       parts.path, parts.host, parts.body.size());
  for (const std::string& header : parts.headers) bytes_ += header + "\r\n";
  bytes_ += "\r\n";
  const std::size_t body_start = bytes_.size();
  bytes_ += parts.body;
  std::size_t at = bytes_.find(kNumberMark, body_start);
  while (at != std::string::npos) {
    number_positions_.push_back(at);
    at = bytes_.find(kNumberMark, at + kNumberMark.size());
  }
}

std::string_view Request::numbered(std::uint64_t number) {
  for (const std::size_t first : number_positions_) {
    std::uint64_t rest = number;
    for (std::size_t digit = kNumberMark.size(); digit > 0; --digit, rest /= 10) {
      bytes_[first + digit - 1] = static_cast<char>('0' + rest % 10);
    }
  }
  return bytes_;
}

}  // namespace skald::bench
