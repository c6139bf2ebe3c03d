#include "tests/adapters/http/tls_server.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <vector>

namespace skald::test {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

template <class Write>
std::string to_pem(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

Certificate make_certificate(const std::string& names, long begins, long ends) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), begins);
  X509_gmtime_adj(X509_getm_notAfter(certificate), ends);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("skald test"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  for (const auto& [id, value] : {std::pair<int, std::string>{NID_subject_alt_name, names},
                                  std::pair<int, std::string>{NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate, key, EVP_sha256());
  Certificate made{
      .certificate = to_pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); }),
      .key = to_pem([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); })};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

struct TlsServer::Impl {
  asio::io_context loop{1};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  tcp::acceptor acceptor{loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  Manner manner = Manner::kProper;
  std::vector<std::shared_ptr<tcp::socket>> silent;
  std::mutex guard;
  std::string server_name;
};

TlsServer::TlsServer(const Certificate& certificate, Manner manner) : impl_(std::make_unique<Impl>()) {
  impl_->manner = manner;
  impl_->tls.use_certificate_chain(asio::buffer(certificate.certificate));
  impl_->tls.use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
  port_ = impl_->acceptor.local_endpoint().port();
  thread_ = std::thread([this] { run(); });
}

TlsServer::~TlsServer() {
  impl_->loop.stop();
  thread_.join();
}

std::string TlsServer::server_name() const {
  const std::lock_guard lock(impl_->guard);
  return impl_->server_name;
}

void TlsServer::run() {
  auto serve = [this](tcp::socket socket) -> asio::awaitable<void> {
    asio::ssl::stream<tcp::socket> stream(std::move(socket), impl_->tls);
    co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
    {
      const std::lock_guard lock(impl_->guard);
      const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
      impl_->server_name = name ? name : "";
    }
    ++handshakes_;
    std::string buffer;
    for (;;) {
      const auto size =
          co_await asio::async_read_until(stream, asio::dynamic_buffer(buffer), "\r\n\r\n{}", asio::use_awaitable);
      buffer.erase(0, size);
      ++requests_;
      const bool cut = impl_->manner == Manner::kCut;
      const std::string answer = cut ? "HTTP/1.1 200 OK\r\n\r\n{}" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
      co_await asio::async_write(stream, asio::buffer(answer), asio::use_awaitable);
      if (cut) co_return;
    }
  };
  asio::co_spawn(
      impl_->loop,
      [&]() -> asio::awaitable<void> {
        for (;;) {
          auto socket = co_await impl_->acceptor.async_accept(asio::use_awaitable);
          if (impl_->manner == Manner::kSilent) {
            impl_->silent.push_back(std::make_shared<tcp::socket>(std::move(socket)));
            continue;
          }
          asio::co_spawn(impl_->loop, serve(std::move(socket)), [](std::exception_ptr) {});
        }
      },
      [](std::exception_ptr) {});
  impl_->loop.run();
}

}  // namespace skald::test
