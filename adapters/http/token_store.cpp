#include "adapters/http/token_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <utility>

#include "engine/base/limits.hpp"

namespace skald::adapters {
namespace {

// A token whose life is not told.
constexpr std::chrono::seconds kLifeUnknown = std::chrono::minutes(5);
// Before its end a token is not used any more: the way to the participant takes its time.
constexpr std::chrono::seconds kMarginMax{30};

}  // namespace

struct TokenStore::Waiter final : DeadlineWheel::Entry {
  explicit Waiter(Done whom) : done(std::move(whom)) {}

  void expired() override {
    auto callback = std::move(done);
    waiters->remove_if([this](const auto& waiter) { return waiter.get() == this; });  // the end of this object
    callback(failure("token.timeout", "the attempt timed out before there was a token"));
  }

  Done done;
  std::list<std::unique_ptr<Waiter>>* waiters = nullptr;
};

struct TokenStore::Entry {
  TokenPolicy policy;
  bool trusted = true;
  std::optional<Secret> header;
  Steady usable_until{0};
  std::uint64_t used = 0;               // by which call of get() last
  std::optional<Secret> refresh_token;  // a newer one than the policy's
  std::unique_ptr<TokenExchange> exchange;
  std::list<std::unique_ptr<Waiter>> waiters;
};

TokenStore::TokenStore(const ClientContext& context, std::size_t policies_max)
    : context_(context), policies_max_(policies_max) {}
TokenStore::~TokenStore() = default;

void TokenStore::abandon() {
  entries_.clear();
}

void TokenStore::get(TokenWish wish, Done done) {
  std::string key = wish.policy.key() + (wish.trusted ? "" : "-");
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    forget_unused();
    auto entry = std::make_unique<Entry>();
    entry->policy = std::move(wish.policy);
    entry->trusted = wish.trusted;
    found = entries_.emplace(std::move(key), std::move(entry)).first;
  }
  Entry& entry = *found->second;
  entry.used = ++uses_;
  if (entry.header && entry.header == wish.refused) entry.header.reset();
  if (entry.header && context_.clock.steady() < entry.usable_until) return done(*entry.header);
  entry.waiters.push_back(std::make_unique<Waiter>(std::move(done)));
  entry.waiters.back()->waiters = &entry.waiters;
  context_.wheel.arm(*entry.waiters.back(), wish.deadline);
  if (!entry.exchange) fetch(entry);
}

void TokenStore::forget_unused() {
  if (entries_.size() < policies_max_) return;
  const auto may_go = [](const auto& it) {
    return !it.second->exchange && it.second->waiters.empty() && !it.second->refresh_token;
  };
  const Steady now = context_.clock.steady();
  std::erase_if(entries_, [&](const auto& it) { return may_go(it) && it.second->usable_until <= now; });
  while (entries_.size() >= policies_max_) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (may_go(*it) && (oldest == entries_.end() || it->second->used < oldest->second->used)) oldest = it;
    }
    if (oldest == entries_.end()) return;
    entries_.erase(oldest);
  }
}

std::optional<Error> TokenStore::why_not(const Entry& entry, const Origin& origin) const {
  if (entry.trusted || is_allowed(origin, context_.options)) return std::nullopt;
  return failure("token.request",
                 "the authority '" + authority_of(origin) + "' is not among http.allowedHosts of this server")
      .error();
}

void TokenStore::exchange(Entry& entry, const Url& url, const Secret& request,
                          std::move_only_function<void(Result<AuthorityAnswer>)> done) {
  entry.exchange = std::make_unique<TokenExchange>(context_, url);
  const Steady deadline = context_.clock.steady() + Steady(limits::kAttemptTimeout);
  entry.exchange->begin(request, deadline, std::move(done));
}

void TokenStore::fetch(Entry& entry) {
  const auto url = parse_url(entry.policy.address);
  if (!url) return fail(entry, failure("token.request", "the authority " + url.error().message).error());
  if (auto problem = why_not(entry, url->origin)) return fail(entry, std::move(*problem));
  if (!entry.policy.discovers) return ask(entry, *url);
  exchange(entry, *url, Secret(discovery_request(*url)), [this, &entry](Result<AuthorityAnswer> answer) {
    if (!answer) return fail(entry, std::move(answer.error()));
    const std::string& address = entry.policy.address;
    auto endpoint = endpoint_of(answer->status, answer->body, address.substr(0, address.rfind("/.well-known/")));
    if (!endpoint) return fail(entry, std::move(endpoint.error()));
    if (auto problem = why_not(entry, endpoint->origin)) return fail(entry, std::move(*problem));
    ask(entry, *endpoint);
  });
}

void TokenStore::ask(Entry& entry, const Url& endpoint) {
  const TokenMoment moment{.now = context_.clock.now(),
                           .id = fmt::format("{:016x}{:016x}", context_.entropy.next(), context_.entropy.next()),
                           .refresh_token = entry.refresh_token};
  exchange(entry, endpoint, token_request(entry.policy, endpoint, moment),
           [this, &entry](Result<AuthorityAnswer> answer) {
             if (!answer) return fail(entry, std::move(answer.error()));
             auto token = token_of(answer->status, answer->body, entry.policy.issuers);
             if (!token) return fail(entry, std::move(token.error()));
             finish(entry, std::move(*token));
           });
}

void TokenStore::finish(Entry& entry, Token token) {
  const auto life = token.expires_in.value_or(kLifeUnknown);
  entry.usable_until = context_.clock.steady() + life - std::min(kMarginMax, life / 10);
  entry.header = token.header;
  const bool is_of_use = entry.policy.grant == definition::OAuth2Authentication::Grant::kRefreshToken;
  if (is_of_use && token.refresh_token) entry.refresh_token = std::move(token.refresh_token);
  answer(entry, std::move(token.header));
}

void TokenStore::fail(Entry& entry, Error error) {
  // A refresh token that is not taken any more may have been replaced by hand: begin again with the policy's.
  if (error.code == "token.invalid_grant") entry.refresh_token.reset();
  answer(entry, std::unexpected(std::move(error)));
}

void TokenStore::answer(Entry& entry, const Result<Secret>& header) {
  entry.exchange.reset();
  auto waiters = std::move(entry.waiters);
  entry.waiters.clear();
  for (auto& waiter : waiters) context_.wheel.disarm(*waiter);
  for (auto& waiter : waiters) waiter->done(header);
}

}  // namespace skald::adapters
