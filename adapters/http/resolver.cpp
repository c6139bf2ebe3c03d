#include "adapters/http/resolver.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <utility>

namespace skald::adapters {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::nanoseconds kFresh = std::chrono::seconds(30);
constexpr std::chrono::nanoseconds kServesMax = std::chrono::minutes(10);
constexpr std::chrono::nanoseconds kPauseAfterTrouble = std::chrono::seconds(1);
constexpr std::size_t kNamesMax = 1024;

}  // namespace

struct Resolver::Impl {
  struct Name {
    // The preferred one to the front.
    void sort() {
      const auto it = std::ranges::find(addresses, preferred);
      if (it != addresses.end()) std::rotate(addresses.begin(), it, it + 1);
    }

    Addresses addresses;
    asio::ip::address preferred;  // unspecified: none
    std::chrono::nanoseconds fresh_until{0};
    std::chrono::nanoseconds serves_until{0};
    std::vector<Callback> waiting;
  };

  Impl(asio::io_context& loop, ports::Clock& steady) : clock(steady), resolver(loop) {}

  void drop_stale(std::chrono::nanoseconds now) {
    if (names.size() < kNamesMax) return;
    std::erase_if(names, [&](const auto& it) { return it.second.serves_until < now && it.second.waiting.empty(); });
  }

  void answered(const std::string& host, const boost::system::error_code& error,
                const tcp::resolver::results_type& found) {
    Name& name = names[host];
    const auto now = clock.steady();
    const bool is_definite = !error || error == asio::error::host_not_found || error == asio::error::no_data;
    if (!is_definite && !name.addresses.empty() && now < name.serves_until) {
      name.fresh_until = now + kPauseAfterTrouble;
      return tell(name, name.addresses);
    }
    name.addresses.clear();
    for (const auto& entry : found) {
      const auto address = entry.endpoint().address();
      if (std::ranges::find(name.addresses, address) == name.addresses.end()) name.addresses.push_back(address);
    }
    name.sort();
    Result<Addresses> result = name.addresses;
    if (error || name.addresses.empty()) {
      result = failure("dns.failed", "the name '" + host + "' has no address", host, {}, error.message());
    } else {
      name.fresh_until = now + kFresh;
      name.serves_until = now + kServesMax;
    }
    tell(name, result);
  }

  static void tell(Name& name, const Result<Addresses>& result) {
    for (auto& callback : std::exchange(name.waiting, {})) callback(result);
  }

  ports::Clock& clock;
  tcp::resolver resolver;
  std::map<std::string, Name> names;
  Addresses numeric;
};

Resolver::Resolver(asio::io_context& loop, ports::Clock& clock) : impl_(std::make_shared<Impl>(loop, clock)) {}

Resolver::~Resolver() {
  impl_->resolver.cancel();
}

const Resolver::Addresses* Resolver::find(const std::string& host) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) {
    impl_->numeric.assign(1, address);
    return &impl_->numeric;
  }
  const auto known = impl_->names.find(host);
  if (known == impl_->names.end() || known->second.addresses.empty()) return nullptr;
  const auto now = impl_->clock.steady();
  if (known->second.serves_until <= now) return nullptr;
  if (known->second.fresh_until <= now && known->second.waiting.empty()) resolve(host, [](const auto&) {});
  return &known->second.addresses;
}

void Resolver::prefer(const std::string& host, const asio::ip::address& address) {
  const auto known = impl_->names.find(host);
  if (known == impl_->names.end()) return;
  known->second.preferred = address;
  known->second.sort();
}

void Resolver::resolve(const std::string& host, Callback callback) {
  impl_->drop_stale(impl_->clock.steady());
  auto& name = impl_->names[host];
  name.waiting.push_back(std::move(callback));
  if (name.waiting.size() > 1) return;
  impl_->resolver.async_resolve(host, "", [weak = std::weak_ptr(impl_), host](const auto& error, const auto& found) {
    if (const auto me = weak.lock()) me->answered(host, error, found);
  });
}

}  // namespace skald::adapters
