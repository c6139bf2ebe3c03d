#include "adapters/http/answer_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>

#include "adapters/base64.hpp"
#include "adapters/http/url.hpp"
#include "engine/base/json.hpp"
#include "engine/definition/source_text.hpp"

namespace skald::adapters {
namespace {

using definition::AnswerForm;

bool is_json_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  std::string lower(type);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower == "application/json" || lower == "text/json" || lower.ends_with("+json");
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Whole text only: the end of a number or of free text that the end of a connection cut is not to be seen.
bool ends_itself(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[' || text[first] == '"');
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// The body's value. `for_bytes` writes a body that is no JSON and does not claim to be.
Result<Payload> content_of(const Response& response, std::string (*for_bytes)(const std::string&)) {
  if (is_blank(response.body)) return Payload();
  auto content = Payload::from_text(response.body);
  if (content || is_json_type(response.content_type) || response.ended_by_close) return content;
  return Payload::from_trusted_text(for_bytes(response.body));
}

// "content-TYPE" as "Content-Type": names of headers are the same in either case, keys of an object are not.
std::string canonical(std::string_view name) {
  std::string out(name);
  bool first = true;
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    c = static_cast<char>(first ? std::toupper(byte) : std::tolower(byte));
    first = c == '-';
  }
  return out;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// What proves who somebody is does not belong into a history.
bool is_credential(std::string_view canonical_name) {
  constexpr std::array<std::string_view, 4> kNames = {"Set-Cookie", "Set-Cookie2", "Authentication-Info",
                                                      "Proxy-Authentication-Info"};
  return std::ranges::find(kNames, canonical_name) != kNames.end();
}

Result<std::string> headers_of(const Fields& fields) {
  std::map<std::string, std::string> joined;
  for (const auto& [name, value] : fields) {
    if (!is_field_value(value)) {
      return failure("answer.header", "a header has a value that HTTP does not allow", {}, {}, name.substr(0, 100));
    }
    const auto [place, is_new] = joined.try_emplace(canonical(name), value);
    if (!is_new) place->second += ", " + value;
  }
  std::string out = "{";
  append_joined(out, joined, [](std::string& text, const auto& field) {
    text += json_string(field.first) + ':' + json_string(field.second);
  });
  return out + '}';
}

Result<Payload> whole_answer(Response& response, const saga::Request& request) {
  auto sent = headers_of(request.headers);
  if (!sent) return std::unexpected(std::move(sent.error()));
  std::erase_if(response.fields, [](const auto& field) { return is_credential(canonical(field.first)); });
  auto headers = headers_of(response.fields);
  if (!headers) return std::unexpected(std::move(headers.error()));
  const auto text_or_base64 = [](const std::string& body) {
    return json_string(definition::find_invalid_utf8(body) ? base64(body) : body);
  };
  auto content = response.is_encoded ? Payload::from_trusted_text(json_string(base64(response.body)))
                                     : content_of(response, text_or_base64);
  if (!content) return content;
  std::string out =
      fmt::format(R"({{"request":{{"method":{},"uri":{},"headers":{}}},"statusCode":{},"headers":{},"content":)",
                  json_string(request.method), json_string(request.target), *sent, response.status, *headers);
  out += content->text();
  out += '}';
  return Payload::from_text(std::move(out));  // checked again: it is deeper than its content
}

}  // namespace

Result<Payload> output_of(Response& response, const saga::Request& request) {
  const bool is_content = request.output == AnswerForm::kContent;
  if (is_content && response.is_encoded) {
    return failure("answer.encoded", "the body has a Content-Encoding that was not asked for");
  }
  const bool may_end_itself = is_content || (request.output == AnswerForm::kResponse && !response.is_encoded);
  if (response.ended_by_close && !(may_end_itself && ends_itself(response.body))) {
    return failure("answer.open_end", "the answer has no length, so its end is not to be told from a lost connection");
  }
  if (request.output == AnswerForm::kRaw) {
    if (response.body.empty()) return Payload();
    return Payload::from_trusted_text(json_string(base64(response.body)));
  }
  return is_content ? content_of(response, [](const std::string& body) { return json_string(body); })
                    : whole_answer(response, request);
}

}  // namespace skald::adapters
