#include "adapters/samples/order_form.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace skald::samples {

using nlohmann::json;

namespace {

constexpr double kAmountMax = 1'000'000;
constexpr long long kQuantityMax = 1000;
constexpr std::size_t kItemsMax = 100;
constexpr std::size_t kKeyCharactersMax = 512;
// The one place that no carrier goes to: an order for it is refused at the third step, which makes a good demo.
constexpr std::string_view kUnreachable = "Nowhere";

std::optional<Refusal> invalid(std::string detail) {
  return Refusal{.status = 422, .detail = std::move(detail)};
}

const json* member(const json& body, const char* name) {
  const auto it = body.find(name);
  return it == body.end() ? nullptr : &*it;
}

bool is_text(const json* value) {
  return value && value->is_string() && !value->get_ref<const std::string&>().empty();
}

std::optional<Refusal> read_charge(const json& body, NewEffect& effect) {
  const auto* amount = member(body, "amount");
  if (!amount || !amount->is_number()) return invalid("amount must be a number");
  const double value = amount->get<double>();
  if (!(value > 0 && value <= kAmountMax)) return invalid("amount must be above 0 and at most 1000000");
  const auto* currency = member(body, "currency");
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!is_text(currency) || currency->get_ref<const std::string&>().size() != 3 ||
      !std::ranges::all_of(currency->get_ref<const std::string&>(), is_capital)) {
    return invalid("currency must be three capital letters");
  }
  effect.cents = std::llround(value * 100);
  if (effect.cents == 0) return invalid("amount must be at least 0.01");
  return std::nullopt;
}

std::optional<Refusal> read_items(const json& body, std::map<std::string, long long>& items) {
  const auto* list = member(body, "items");
  if (!list || !list->is_array() || list->empty() || list->size() > kItemsMax) {
    return invalid("items must be a list of 1 to 100 entries");
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json& item = (*list)[i];
    const std::string where = "items[" + std::to_string(i) + "]";
    if (!item.is_object() || !is_text(member(item, "sku"))) return invalid(where + ".sku must be a text");
    const auto* quantity = member(item, "quantity");
    if (!quantity || !quantity->is_number_integer() || *quantity < 1 || *quantity > kQuantityMax) {
      return invalid(where + ".quantity must be a whole number from 1 to 1000");
    }
    items[item["sku"].get<std::string>()] += quantity->get<long long>();
  }
  return std::nullopt;
}

std::optional<Refusal> read_shipment(const json& body) {
  const auto* address = member(body, "address");
  if (!is_text(address)) return invalid("address must be a text");
  if (*address == kUnreachable) return Refusal{.status = 409, .detail = "No carrier goes to Nowhere"};
  std::map<std::string, long long> parcels;  // checked only: the inventory is what holds the goods
  return read_items(body, parcels);
}

}  // namespace

std::optional<Refusal> read_form(std::string_view service, const json& body, NewEffect& effect) {
  if (service == "payments") return read_charge(body, effect);
  if (service == "inventory") return read_items(body, effect.items);
  if (service == "shipping") return read_shipment(body);
  return is_text(member(body, "text")) ? std::nullopt : invalid("text must be a text");
}

std::optional<std::string> parse_key(std::string_view header) {
  std::string key;
  const bool quoted = header.starts_with('"');
  if (quoted) header.remove_prefix(1);
  bool closed = !quoted;
  for (std::size_t i = 0; i < header.size(); ++i) {
    char c = header[i];
    if (c < 0x20 || c == 0x7f || (!quoted && c == ' ')) return std::nullopt;
    if (quoted && c == '"') {
      closed = i + 1 == header.size();
      break;
    }
    if (quoted && c == '\\') {
      if (++i == header.size() || (header[i] != '"' && header[i] != '\\')) return std::nullopt;
      c = header[i];
    }
    key += c;
  }
  if (!closed || key.empty() || key.size() > kKeyCharactersMax) return std::nullopt;
  return key;
}

}  // namespace skald::samples
