// The values of JSON Schema's `format` that are checked. Others are refused at load: they would be ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skald::definition {

enum class SchemaFormat : std::uint8_t { kDateTime, kDate, kTime, kEmail, kHostname, kIpv4, kIpv6, kUri, kUuid };

std::optional<SchemaFormat> parse_schema_format(std::string_view name);
std::string_view name_of(SchemaFormat format);

bool matches_format(SchemaFormat format, const std::string& text);

}  // namespace skald::definition
