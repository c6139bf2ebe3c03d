// A TLS server on loopback with a certificate of its own making: answers every request with 200 and `{}`.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace skald::test {

struct Certificate {
  std::string certificate;  // PEM; signed by itself, so it is its own authority
  std::string key;          // PEM
};

// `names` is a subjectAltName: "DNS:api.test,IP:127.0.0.1". Valid from `begins` to `ends`, in seconds from now.
Certificate make_certificate(const std::string& names, long begins = -3600, long ends = 3600);

class TlsServer {
 public:
  enum class Manner {
    kProper,
    kCut,     // ends the connection without TLS's own ending after an answer without a length
    kSilent,  // accepts, and never shakes hands
  };

  explicit TlsServer(const Certificate& certificate, Manner manner = Manner::kProper);
  ~TlsServer();

  std::uint16_t port() const { return port_; }
  int requests() const { return requests_; }
  int handshakes() const { return handshakes_; }
  std::string server_name() const;  // of the last handshake

 private:
  struct Impl;
  void run();

  std::unique_ptr<Impl> impl_;
  std::uint16_t port_ = 0;
  std::atomic<int> requests_{0};
  std::atomic<int> handshakes_{0};
  std::thread thread_;
};

}  // namespace skald::test
