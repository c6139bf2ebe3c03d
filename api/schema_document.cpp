#include "api/schema_document.hpp"

namespace skald::api {
namespace {

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
constexpr char kDocument[] = {
#embed "workflow_schema.json"
};
#pragma clang diagnostic pop

}  // namespace

std::string_view schema_document() {
  return {kDocument, sizeof kDocument};
}

}  // namespace skald::api
