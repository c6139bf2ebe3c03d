// `call: openapi`: what a load makes of an operation, and external documents. What is refused is in
// documents/openapi.yaml.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/definition/digest.hpp"
#include "engine/definition/load.hpp"
#include "engine/definition/openapi/excerpt.hpp"
#include "tests/engine/definition/sample_documents.hpp"

namespace skald::definition {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kOrderHeader = "document: { dsl: '1.0.3', namespace: shop, name: sample, version: '1.0.0' }\n";

std::string said_by(const LoadResult& result) {
  std::string said;
  for (const auto& diagnostic : result.diagnostics) said += to_text("f", diagnostic) + "\n";
  return said;
}

std::string call_of(std::string_view document, std::string_view operation, std::string_view more) {
  return fmt::format(
      "{}do:\n  - a:\n      call: openapi\n      with: {{ document: {{ endpoint: '{}' }}, operationId: {}{} }}\n",
      kOrderHeader, document, operation, more);
}

// "GET https://a/{id} path:id! query:tags* body:body! [Content-Type]"; ! required, * an item a field.
std::string describe(const HttpCall& call) {
  constexpr std::array<std::string_view, 5> kIn = {"path", "query", "header", "cookie", "body"};
  std::string text = call.method + " ";
  for (std::size_t i = 0; i < call.endpoint.size(); ++i)
    text += i % 2 == 0 ? call.endpoint[i] : "{" + call.endpoint[i] + "}";
  for (const auto& parameter : call.parameters->declared) {
    text += fmt::format(" {}:{}{}{}", kIn[static_cast<std::size_t>(parameter.in)], parameter.name,
                        parameter.required ? "!" : "", parameter.explode ? "*" : "");
  }
  if (call.headers) text += " " + dump_json(*call.headers->render(nullptr, expression::EmptyEnvironment()));
  return text;
}

struct Case {
  std::string name;
  std::string document;
  std::string operation;
  std::string parameters;
  std::string expected;
};

class OpenapiCall : public testing::TestWithParam<Case> {};

TEST_P(OpenapiCall, BecomesAnHttpCall) {
  const auto& [name, document, operation, parameters, expected] = GetParam();
  const std::string more = parameters.empty() ? "" : ", parameters: " + parameters;
  const LoadResult result = load(call_of(document, operation, more), {.documents = sample_documents()});
  ASSERT_TRUE(result.ok()) << said_by(result);
  EXPECT_EQ(said_by(result), "");
  EXPECT_EQ(describe(std::get<HttpCall>(std::get<CallStep>(result.definition->steps[0].kind).target)), expected);
}

const std::string kRemote = "https://api.example.com/specs/";

INSTANTIATE_TEST_SUITE_P(
    All, OpenapiCall,
    testing::Values(
        Case{"swagger_lists", "openapi/petstore.json", "findPetsByStatus", "{ status: [a, '${ .b }'] }",
             "GET https://pets.example.com/v2/pets/findByStatus query:status!* query:tags"},
        Case{"swagger_path", "openapi/petstore.json", "getPetById", "'${ . }'",
             "GET https://pets.example.com/v2/pets/{petId} path:petId!"},
        Case{"swagger_headers", "openapi/petstore.json", "deletePet", "{ petId: 1, Authorization: me }",
             "DELETE https://pets.example.com/v2/pets/{petId} path:petId! header:api_key header:Authorization"},
        Case{"swagger_body", "openapi/petstore.json", "addPet", "{ pet: { name: Rex } }",
             "POST https://pets.example.com/v2/pets body:pet!"},
        Case{"swagger_referenced_body_and_own_schemes", "openapi/petstore.json", "updatePet", "{ body: [1] }",
             "PUT http://pets.example.com/v2/pets body:body!"},
        Case{"what_is_refused_may_be_left_out", "openapi/petstore.json", "updatePetWithForm", "{ petId: 1 }",
             "POST https://pets.example.com/v2/pets/{petId} path:petId!"},
        Case{"merged_parameters", "openapi/catalog.json", "prices", "{ sku: a, currency: EUR }",
             "GET https://catalog.example.com/v1/items/{sku}/prices path:sku! query:currency!* header:X-Tenant "
             "query:regions cookie:session*"},
        Case{"own_server_with_variables_and_media_type", "openapi/catalog.json", "setPrice", "{ sku: a, body: 1 }",
             "PATCH https://eu.write.example.com/v2/items/{sku}/prices path:sku! query:currency* body:body! "
             "{\"Content-Type\":\"application/merge-patch+json\"}"},
        Case{"referenced_path", "openapi/catalog.json", "goAround", "", "GET https://catalog.example.com/v1/around"},
        Case{"relative_server", kRemote + "up.json", "a", "", "GET https://api.example.com/v1/a"},
        Case{"no_server", kRemote + "relative.json", "a", "", "GET https://api.example.com/a"},
        Case{"yaml", "openapi/orders.yaml", "listOrders", "{ state: [open], limit: 10 }",
             "GET https://orders.example.com/orders query:state* query:limit*"},
        Case{"yaml_body", "openapi/orders.yaml", "createOrder", "{ body: '${ . }' }",
             "POST https://orders.example.com/orders body:body!"},
        Case{"a_name_that_is_no_identifier", "openapi/orders.yaml", "getOrder", "{ order-id: 1 }",
             "GET https://orders.example.com/orders/{order-id} path:order-id!"}),
    [](const auto& param) { return param.param.name; });

TEST(ExternalDocuments, AreAskedForUntilTheyAreThere) {
  const std::string source = call_of("openapi/orders.yaml", "getOrder", ", parameters: { order-id: 1 }") +
                             "input: { schema: { resource: { endpoint: openapi/order.schema.yaml } } }\n";
  const LoadResult first = load(source, {});
  EXPECT_FALSE(first.ok());
  const auto named = [](const char* uri) { return testing::Field(&WantedDocument::uri, uri); };
  EXPECT_THAT(first.missing_documents, ElementsAre(named("openapi/order.schema.yaml"), named("openapi/orders.yaml")));
  const LoadResult second = load(source, {.documents = sample_documents()});
  ASSERT_TRUE(second.ok()) << said_by(second);
  EXPECT_THAT(second.missing_documents, IsEmpty());
  std::vector<std::string> kept;
  for (const auto& [uri, bytes] : second.definition->documents) kept.push_back(uri);
  EXPECT_THAT(kept, ElementsAre("openapi/order.schema.yaml", "openapi/orders.yaml"));
  EXPECT_TRUE(second.definition->data.input_schema->validate({{"orderId", "a"}}).empty());
  EXPECT_FALSE(second.definition->data.input_schema->validate(Json::object()).empty());
}

TEST(ExternalDocuments, AreCoveredByTheDigest) {
  const std::string source = call_of("openapi/orders.yaml", "cancelOrder", ", parameters: { order-id: 1 }");
  ReadDocuments documents = sample_documents();
  const std::string digest = load(source, {.documents = documents}).definition->digest;
  EXPECT_EQ(digest, load(source, {.documents = documents}).definition->digest);
  documents["openapi/petstore.json"] = "not named";
  EXPECT_EQ(digest, load(source, {.documents = documents}).definition->digest);
  *documents["openapi/orders.yaml"] += "# changed\n";
  EXPECT_NE(digest, load(source, {.documents = documents}).definition->digest);
  EXPECT_EQ(digest_of("abc", {}), sha256_hex("abc"));
  EXPECT_NE(digest_of("abc", {{"a", "b"}}), digest_of("abc", {{"a", "c"}}));
  EXPECT_NE(digest_of("abc", {{"a", "b"}}), digest_of("abc", {{"b", "b"}}));
}

TEST(ExternalDocuments, HaveLimits) {
  std::string source = kOrderHeader + "do:\n";
  ReadDocuments documents;
  for (int i = 0; i < 17; ++i) {
    documents[fmt::format("{}.json", i)] =
        "{\"openapi\":\"3.0.0\",\"servers\":[{\"url\":\"https://a\"}],\"paths\":{\"/"
        "\":{\"get\":{\"operationId\":\"a\"}}}}";
    source += fmt::format(
        "  - a{0}: {{ call: openapi, with: {{ document: {{ endpoint: {0}.json }}, operationId: a }} }}\n", i);
  }
  EXPECT_THAT(said_by(load(source, {.documents = documents})),
              HasSubstr("f:19:57: error: step 'a16': with.document.endpoint names '16.json': a definition may name 16 "
                        "documents [too-large]"));
  const auto with_document = [](const std::string& bytes) {
    return said_by(load(call_of("a.yaml", "a", ""), {.documents = {{"a.yaml", bytes}}}));
  };
  EXPECT_THAT(with_document(std::string(1024 * 1024 + 1, ' ')), HasSubstr("it has more than 1024 KiB"));
  std::string wide = "openapi: 3.0.0\nx:\n";
  for (int i = 0; i < 100'001; ++i) wide += "- 1\n";
  EXPECT_THAT(with_document(wide), HasSubstr("more than 100000 nodes"));
  EXPECT_THAT(with_document("{\"a\":" + std::string(70, '[') + std::string(70, ']') + "}"), HasSubstr("deep"));
  EXPECT_THAT(
      with_document("{ openapi: 3.0.0, servers: [{ url: 'https://a' }], paths: { /: { get: { operationId: a } } } }"),
      "");
}

// What one call may cost, whatever its document says.
TEST(ExternalDocuments, OperationsHaveLimits) {
  const auto said = [](const std::string& parameters, const std::string& server = "https://a") {
    const std::string document = fmt::format(
        R"({{"openapi":"3.0.0","servers":[{{"url":"{}"}}],"paths":{{"/":{{"get":{{"operationId":"a","parameters":{}}}}}}},"p":{{"in":"query","name":"q"}}}})",
        server, parameters);
    return said_by(load(call_of("a.json", "a", ""), {.documents = {{"a.json", document}}}));
  };
  const auto times = [](std::size_t n, std::string_view item) {
    std::string list = "[";
    for (std::size_t i = 0; i < n; ++i) list += fmt::format("{}{}", i == 0 ? "" : ",", item);
    return list + "]";
  };
  constexpr std::string_view kSame = R"({"$ref":"#/p"})";
  EXPECT_EQ(said(times(256, kSame)), "");
  EXPECT_THAT(said(times(257, kSame)), HasSubstr("it has more than 256 parameters [bad-operation]"));
  EXPECT_EQ(said(times(1, fmt::format(R"({{"in":"query","name":"{}"}})", std::string(256, 'n')))), "");
  EXPECT_THAT(
      said(times(1, fmt::format(R"({{"in":"query","name":"{}"}})", std::string(257, 'n')))),
      HasSubstr(fmt::format("the name of its parameter '{}...' has more than 256 bytes", std::string(100, 'n'))));
  EXPECT_THAT(said(times(1, fmt::format(R"({{"$ref":"#/{}"}})", std::string(1023, 'r')))),
              HasSubstr(fmt::format("refers to '#/{}...', which has more than 1024 bytes", std::string(98, 'r'))));
  const std::string wide = "https://a/" + std::string(8191, 'u');
  EXPECT_THAT(said("[]", wide),
              HasSubstr(fmt::format("its address '{}...' has more than 8192 bytes", wide.substr(0, 100))));
  EXPECT_EQ(said("[]", wide.substr(0, 8191)), "");
}

// A cut is at the end of a character.
TEST(ExternalDocuments, AreQuotedInPart) {
  std::string long_name = "a";
  for (int i = 0; i < 300; ++i) long_name += "ä";
  EXPECT_EQ(excerpt("short"), "short");
  EXPECT_EQ(excerpt(long_name), long_name.substr(0, 99) + "...");
}

// Of an uploaded definition nothing is read from this machine, and nothing from a host that is not allowed.
TEST(ExternalDocuments, OfUploadsComeFromAllowedHostsAndLeadToThem) {
  const LoadOptions upload{.trusted = false, .allowed_hosts = {"api.example.com"}, .documents = sample_documents()};
  const auto said = [&](std::string_view document, std::string_view operation) {
    return said_by(load(call_of(document, operation, ""), upload));
  };
  EXPECT_THAT(said("openapi/orders.yaml", "listOrders"), HasSubstr("a definition that was uploaded has no folder"));
  EXPECT_THAT(said("file:///etc/passwd", "listOrders"), HasSubstr("a definition that was uploaded has no folder"));
  EXPECT_THAT(said("https://other.example.com/a.json", "a"), HasSubstr("not among http.allowedHosts"));
  EXPECT_THAT(said(kRemote + "orders.yaml", "listOrders"),
              HasSubstr("whose address 'https://orders.example.com/orders' calls 'orders.example.com', which is not "
                        "among http.allowedHosts"));
  EXPECT_THAT(said(kRemote + "relative.json", "a"), "");
  const LoadOptions nothing{.trusted = false, .allowed_hosts = {"api.example.com"}};
  EXPECT_THAT(load(call_of("https://other.example.com/a.json", "a", ""), nothing).missing_documents, IsEmpty());
  EXPECT_THAT(load(call_of("a.json", "a", ""), nothing).missing_documents, IsEmpty());
}

}  // namespace
}  // namespace skald::definition
