// Tokens of OAuth 2.0 authorities: fetched when a call needs one, kept until shortly before they expire, shared by all
// calls of the same policy. A token lives in memory alone.
//
// Calls that want the same token at the same time share one fetch; a fetch that fails fails them all, and the next
// attempt begins another. Of too many policies those whose token is over are forgotten first, then those that were used
// least recently; one that waits for its authority, or whose refresh token the authority has replaced, is kept. Life
// cycle: outlives the lanes; abandon() drops who waits, without a word. Thread rule: one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/token_exchange.hpp"
#include "adapters/http/token_request.hpp"

namespace skald::adapters {

struct TokenWish {
  TokenPolicy policy;
  bool trusted = true;  // false: authorities on allowed hosts only
  // A header that was answered 401: another is wanted.
  std::optional<Secret> refused;
  Steady deadline{0};
};

class TokenStore {
 public:
  using Done = std::move_only_function<void(Result<Secret>)>;

  static constexpr std::size_t kPoliciesMax = 1024;

  explicit TokenStore(const ClientContext& context, std::size_t policies_max = kPoliciesMax);
  ~TokenStore();

  // The Authorization header; at once where it is at hand, else later. Errors: "token.request", "token.unreachable",
  // "token.discovery", "token.refused", "token.invalid_grant", "token.timeout".
  void get(TokenWish wish, Done done);

  void abandon();

 private:
  struct Waiter;
  struct Entry;

  void fetch(Entry& entry);
  void ask(Entry& entry, const Url& endpoint);
  void finish(Entry& entry, Token token);
  void fail(Entry& entry, Error error);
  void answer(Entry& entry, const Result<Secret>& header);
  std::optional<Error> why_not(const Entry& entry, const Origin& origin) const;
  void exchange(Entry& entry, const Url& url, const Secret& request,
                std::move_only_function<void(Result<AuthorityAnswer>)> done);
  void forget_unused();

  ClientContext context_;
  std::size_t policies_max_;
  std::uint64_t uses_ = 0;
  std::map<std::string, std::unique_ptr<Entry>> entries_;  // by TokenPolicy::key() and trust
};

}  // namespace skald::adapters
