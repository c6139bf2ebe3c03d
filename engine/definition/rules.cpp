#include "engine/definition/rules.hpp"

#include <algorithm>
#include <array>

namespace skald::definition {
namespace {

constexpr std::array kRules = std::to_array<Rule>({
    // The text, before it is a document.
    {"yaml-syntax"},
    {"yaml-encoding"},
    {"yaml-key"},
    {"yaml-tag"},
    {"yaml-number"},
    {"yaml-alias"},
    {"yaml-merge"},
    {"duplicate-key"},
    {"too-large"},
    {"too-deep"},
    {"too-many-steps"},
    // Keys and values.
    {"missing-key"},
    {"unknown-key"},
    {"misplaced-key"},
    {"wrong-type"},
    {"unknown-value"},
    {"out-of-range"},
    {"duplicate-value"},
    {"bad-duration"},
    {"bad-backoff"},
    {"bad-dsl"},
    {"bad-version"},
    {"bad-name"},
    {"bad-schema"},
    {"unreadable-document"},
    {"bad-pattern"},
    {"mixed-correlations"},
    {"bad-cron"},
    {"unknown-time-zone"},
    {"not-supported"},
    // Steps.
    {"bad-step"},
    {"no-steps"},
    {"no-kind"},
    {"two-kinds"},
    {"two-defaults"},
    {"duplicate-step"},
    {"bad-call"},
    {"unknown-adapter"},
    {"unknown-operation"},
    {"missing-argument"},
    {"bad-operation"},
    {"bad-endpoint"},
    {"bad-header"},
    {"bad-authentication"},
    {"bad-secret"},
    // Expressions, and names that something refers to.
    {"bad-expression"},
    {"unknown-variable"},
    {"unknown-field"},
    {"unknown-step"},
    {"ambiguous-step"},
    {"bad-callback"},
    {"unknown-retry"},
    {"unknown-timeout"},
    {"unknown-error"},
    {"unknown-authentication"},
    {"unknown-secret"},
    // The flow.
    {"unknown-target"},
    {"ambiguous-target"},
    {"unreachable-step"},
    {"repeated-pivot"},
    // Silences.
    {"unknown-rule"},
    {"unsilenceable-rule"},
    {"empty-reason"},
    {"step-may-not-have-run", Severity::kWarning},
    {"compensation-reads-only-output", Severity::kWarning},
    {"no-undo-before-pivot", Severity::kWarning},
    {"undo-after-pivot", Severity::kWarning},
    {"no-retry-after-pivot", Severity::kWarning},
    {"retry-exceeds-timeout", Severity::kWarning},
    {"wait-exceeds-timeout", Severity::kWarning},
    {"literal-secret", Severity::kWarning},
    {"unencrypted-authority", Severity::kWarning},
    {"starts-itself", Severity::kWarning},
    {"never-starts", Severity::kWarning},
    {"unusual-attribute", Severity::kWarning},
    {"assignment-as-condition", Severity::kWarning},
    {"body-of-get", Severity::kWarning},
    {"unused-silence", Severity::kWarning},
});

}  // namespace

std::span<const Rule> rules() {
  return kRules;
}

const Rule* find_rule(std::string_view id) {
  const auto found = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == kRules.end() ? nullptr : &*found;
}

}  // namespace skald::definition
