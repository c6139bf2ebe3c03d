// The inside of TlsTrust, for what includes Asio's TLS anyway.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "adapters/http/tls.hpp"

namespace skald::adapters {

class TlsTrust {
 public:
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
};

}  // namespace skald::adapters
