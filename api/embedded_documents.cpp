#include "api/embedded_documents.hpp"

namespace skald::api {
namespace {

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
constexpr char kOpenApi[] = {
#embed "openapi.json"
};
constexpr char kWorkflowSchema[] = {
#embed "workflow_schema.json"
};
#pragma clang diagnostic pop

}  // namespace

std::string_view openapi_document() {
  return {kOpenApi, sizeof kOpenApi};
}

std::string_view workflow_schema() {
  return {kWorkflowSchema, sizeof kWorkflowSchema};
}

}  // namespace skald::api
