// Whom a call says it is: found out before it is written, and once more when the participant answers 401.
#include <fmt/format.h>

#include <utility>

#include "adapters/http/digest.hpp"
#include "adapters/http/lane.hpp"

namespace skald::adapters {
namespace {

using definition::DigestAuthentication;

FailureReport without_credentials(Error error) {
  // What may be there at the next attempt is waited for by the step's retries.
  const bool is_forbidden = error.code == "secret.forbidden";
  const bool retryable = !is_forbidden && error.code != "secret.refused" && error.code != "token.request";
  return {.kind = retryable ? Failure::kNotSent : Failure::kRefused,
          .sent = false,
          .error_type = error.code == "token.timeout"                    ? "timeout"
                        : error.code.starts_with("token.")               ? "authentication"
                        : is_forbidden || error.code == "secret.unknown" ? "authorization"
                                                                         : "configuration",
          .title = std::move(error.message),
          .detail = std::move(error.detail)};
}

}  // namespace

// The secrets stay where they are for as long as `snapshot` does.
SecretsOfSteps Lane::secrets_for(const ports::ParticipantCall& call, const AdaptersSnapshot& snapshot) const {
  return {.secrets = snapshot.secrets, .allowed = call.trusted ? nullptr : &context_.options.allowed_secrets};
}

std::optional<FailureReport> Lane::find_secret_headers(Job& job) const {
  if (!job.call.secret_headers) return std::nullopt;
  const auto snapshot = context_.ports.registry.snapshot();
  auto headers = headers_of(*job.call.secret_headers, secrets_for(job.call, *snapshot));
  if (!headers) return without_credentials(std::move(headers.error()));
  job.secret_headers = std::move(*headers);
  return std::nullopt;
}

void Lane::authorize(Job job) {
  if (!job.call.authentication) {
    if (!target_.authorization_problem.empty()) {
      return refuse(std::move(job), {.kind = Failure::kNotSent,
                                     .sent = false,
                                     .error_type = "configuration",
                                     .title = target_.authorization_problem});
    }
    return launch(std::move(job));
  }
  if (needs_token(*job.call.authentication)) return fetch_token(std::move(job), std::nullopt);
  const auto snapshot = context_.ports.registry.snapshot();
  auto header = authorization_of(*job.call.authentication, secrets_for(job.call, *snapshot));
  if (!header) return refuse(std::move(job), without_credentials(std::move(header.error())));
  job.authorization = std::move(*header);
  launch(std::move(job));
}

void Lane::fetch_token(Job job, std::optional<Secret> refused) {
  const auto snapshot = context_.ports.registry.snapshot();
  auto policy = token_policy_of(*job.call.authentication, secrets_for(job.call, *snapshot));
  if (!policy) return refuse(std::move(job), without_credentials(std::move(policy.error())));
  TokenWish wish{.policy = std::move(*policy),
                 .trusted = job.call.trusted,
                 .refused = std::move(refused),
                 .deadline = job.deadline};
  const std::uint64_t number = ++wishes_;
  without_token_.emplace(number, std::move(job));
  context_.tokens.get(std::move(wish), [this, alive = alive_, number](Result<Secret> header) {
    if (*alive) token_came(number, std::move(header));
  });
}

void Lane::token_came(std::uint64_t number, Result<Secret> header) {
  auto waiting = without_token_.extract(number);
  if (!waiting) return;  // withdrawn
  Job job = std::move(waiting.mapped());
  if (!header) return refuse(std::move(job), without_credentials(std::move(header.error())));
  job.authorization = std::move(*header);
  launch(std::move(job));
}

bool Lane::can_answer(Job& job, const Response& response) {
  if (response.status != 401 || job.refusal || !job.call.authentication) return false;
  if (needs_token(*job.call.authentication)) return true;
  const auto* digest = std::get_if<DigestAuthentication>(&*job.call.authentication);
  const auto challenge = digest ? choose_challenge(response.challenges) : std::nullopt;
  if (!challenge) return false;
  const auto snapshot = context_.ports.registry.snapshot();
  const auto user = user_of(*digest, secrets_for(job.call, *snapshot));
  const auto url = parse_url(job.call.request->target);
  if (!user || !url) return false;
  auto& entropy = context_.ports.entropy;
  const std::string cnonce = fmt::format("{:016x}{:016x}", entropy.next(), entropy.next());
  job.authorization = digest_header(*challenge, user->name, user->password,
                                    {.method = job.call.request->method, .target = url->target, .cnonce = cnonce});
  return true;
}

// The participant has done nothing but ask who calls: one more request of the same attempt. Where that cannot be sent,
// the 401 is the answer: something was sent, and refused.
void Lane::answer_challenge(Job job, saga::Answer refusal) {
  job.refusal = std::move(refusal);
  if (!needs_token(*job.call.authentication)) return launch(std::move(job));
  auto refused = std::move(job.authorization);
  fetch_token(std::move(job), std::move(refused));
}

}  // namespace skald::adapters
