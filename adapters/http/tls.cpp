#include "adapters/http/tls.hpp"

#include "adapters/http/tls_trust.hpp"

namespace skald::adapters {

Result<TlsTrustPtr> load_tls_trust(const std::string& ca_file) {
  namespace ssl = boost::asio::ssl;
  auto trust = std::make_shared<TlsTrust>();
  auto& context = trust->context;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  boost::system::error_code error;
  context.set_verify_mode(ssl::verify_peer, error);
  if (!error) context.set_default_verify_paths(error);
  if (!error && !ca_file.empty()) context.load_verify_file(ca_file, error);
  if (error) {
    return failure("tls.ca_file", "http.caFile must be a readable file of PEM certificates", ca_file, {},
                   error.message());
  }
  return trust;
}

}  // namespace skald::adapters
