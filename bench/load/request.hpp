// The request that is sent over and over, with a number in it that differs each time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skald::bench {

struct RequestParts {
  std::string host;  // "127.0.0.1:8080"
  std::string path;
  std::vector<std::string> headers;  // whole lines, "Prefer: wait=30"
  std::string body;                  // every "0000000000" in it becomes the request's number
};

class Request {
 public:
  explicit Request(const RequestParts& parts);

  // The bytes of request `number`, valid until the next call.
  std::string_view numbered(std::uint64_t number);

 private:
  std::string bytes_;
  std::vector<std::size_t> number_positions_;
};

}  // namespace skald::bench
