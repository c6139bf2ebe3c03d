#include "engine/base/payload.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/invariant.hpp"

namespace skald {
namespace {

// Text of our own may wrap a document of full depth a few levels deeper.
constexpr std::size_t kTrustedDepthMax = kJsonDepthMax + 16;

}  // namespace

struct Payload::Document {
  std::string text;
  std::optional<Json> value;
};

Payload::Payload() {
  static const std::shared_ptr<Document> null_document = std::make_shared<Document>("null", Json(nullptr));
  document_ = null_document;
}

Payload::Payload(std::shared_ptr<Document> document) : document_(std::move(document)) {}

Result<Payload> Payload::from_text(std::string text) {
  auto value = parse_json(text);
  if (!value) return std::unexpected(std::move(value.error()));
  return Payload(std::make_shared<Document>(std::move(text), std::move(*value)));
}

Payload Payload::from_trusted_text(std::string text) {
  return Payload(std::make_shared<Document>(std::move(text), std::nullopt));
}

Payload Payload::from_json(Json value) {
  std::string text = dump_json(value);
  return Payload(std::make_shared<Document>(std::move(text), std::move(value)));
}

std::string_view Payload::text() const {
  return document_->text;
}

const Json& Payload::json() const {
  if (!document_->value) {
    auto parsed = parse_json(document_->text, kTrustedDepthMax);
    SKALD_INVARIANT(parsed.has_value());
    document_->value = std::move(*parsed);
  }
  return *document_->value;
}

bool Payload::is_null() const {
  return document_->text == "null";
}

bool Payload::operator==(const Payload& other) const {
  return document_ == other.document_ || document_->text == other.document_->text || json() == other.json();
}

}  // namespace skald
