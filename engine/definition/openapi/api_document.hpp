// An OpenAPI document (3.x, or Swagger 2.0) as far as a call needs it: its operations, and what one of them takes.
//
// Pure; bounded by the document's own limits and, where it refers to itself, by a count. What is wrong with a part of
// the document matters only to the operation that has it.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/definition/external_document.hpp"
#include "engine/definition/steps/call.hpp"

namespace skald::definition {

struct ApiParameter {
  CallParameter place;
  std::string refusal;  // why no argument can be given; empty: one can
};

struct ApiOperation {
  std::string method;      // upper case
  std::string address;     // of the server, with `{name}` places in the path
  std::string media_type;  // of the body, where it takes one
  std::vector<ApiParameter> parameters;
};

class ApiDocument {
 public:
  // The error says why it is none.
  static std::expected<ApiDocument, std::string> open(std::shared_ptr<const ExternalDocument> document);

  bool has(const std::string& operation_id) const { return operations_.contains(operation_id); }
  std::vector<std::string> operation_ids() const;

  // Of one that it has, read once. The error says why it cannot be called.
  const std::expected<ApiOperation, std::string>& read(const std::string& operation_id);

 private:
  struct Place {
    std::string path;
    std::string method;
    const Json* item = nullptr;  // the path's
    bool is_repeated = false;    // another operation has the same id
  };

  explicit ApiDocument(std::shared_ptr<const ExternalDocument> document) : document_(std::move(document)) {}
  void index();
  void index_path(const std::string& path, const Json& item);
  std::expected<ApiOperation, std::string> read_place(const Place& place) const;

  std::shared_ptr<const ExternalDocument> document_;
  bool is_swagger_ = false;  // 2.0
  std::map<std::string, Place> operations_;
  std::map<std::string, std::expected<ApiOperation, std::string>> read_;
};

}  // namespace skald::definition
