#include "domain/schema_shape.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "domain/domain_tables.hpp"
#include "runtime/json_object.hpp"

namespace composable::host {
namespace {

constexpr std::string_view kKinds[] = {"null", "bool", "int", "uint",   "double", "string",
                                       "enum", "list", "map", "object", "union",  "any"};
constexpr std::size_t kMaxDepth = 64;

// The types that are being walked, the outermost first.
using Path = std::vector<const composable_type*>;

bool has_fields(const composable_type& type) {
  return type.kind == COMPOSABLE_KIND_OBJECT || type.kind == COMPOSABLE_KIND_UNION;
}

bool has_element(const composable_type& type) {
  return type.kind == COMPOSABLE_KIND_LIST || type.kind == COMPOSABLE_KIND_MAP;
}

bool is_within(const Path& path, const composable_type& type) {
  return path.size() >= kMaxDepth || std::find(path.begin(), path.end(), &type) != path.end();
}

std::string type_text(const composable_type& type, std::size_t depth = 0) {
  std::string text(kKinds[type.kind]);
  if (type.kind == COMPOSABLE_KIND_INT || type.kind == COMPOSABLE_KIND_UINT) {
    text += absl::StrFormat("%d", type.bits);
  } else if (type.kind == COMPOSABLE_KIND_ENUM) {
    text = "one of ";
    for (std::uint32_t n = 0; n < type.n_fields; ++n) {
      text += absl::StrFormat("%s%s", n == 0 ? "" : "|", view(type.names[n]));
    }
  } else if (has_element(type) && depth < kMaxDepth) {
    text += " of " + type_text(*type.element, depth + 1);
  } else if (type.name.len != 0) {
    text = view(type.name);
  }
  return text;
}

void add_lines(const composable_type& type, const std::string& at, Path& path,
               std::vector<SchemaLine>& out) {
  if (is_within(path, type)) return;
  path.push_back(&type);
  if (has_element(type)) {
    const char* of = type.kind == COMPOSABLE_KIND_LIST ? "[]" : "{}";
    add_lines(*type.element, at + of, path, out);
  } else if (has_fields(type)) {
    for (std::uint32_t n = 0; n < type.n_fields; ++n) {
      const composable_field& field = *type.fields[n];
      const std::string below =
          absl::StrFormat("%s%s%s", at, at.empty() ? "" : ".", view(field.name));
      out.push_back({below, type_text(*field.type), field.flags});
      add_lines(*field.type, below, path, out);
    }
  }
  path.pop_back();
}

std::string json_of(const composable_type& type, Path& path);

std::string fields_json(const composable_type& type, Path& path) {
  return json_list(std::span(type.fields, type.n_fields), [&](const composable_field* field) {
    const auto has = [&](std::uint32_t flag) { return (field->flags & flag) != 0; };
    return JsonObject()
        .text("name", view(field->name))
        .flag("optional", has(COMPOSABLE_FIELD_OPTIONAL))
        .flag("nullable", has(COMPOSABLE_FIELD_NULLABLE))
        .flag("secret", has(COMPOSABLE_FIELD_SECRET))
        .raw("type", json_of(*field->type, path))
        .end();
  });
}

std::string json_of(const composable_type& type, Path& path) {
  JsonObject json;
  json.text("kind", kKinds[type.kind]);
  if (type.name.len != 0) json.text("name", view(type.name));
  if (is_within(path, type)) return json.flag("recursive", true).end();
  path.push_back(&type);
  if (type.kind == COMPOSABLE_KIND_INT || type.kind == COMPOSABLE_KIND_UINT) {
    json.number("bits", type.bits);
  } else if (type.kind == COMPOSABLE_KIND_ENUM) {
    json.raw("names", json_list(std::span(type.names, type.n_fields),
                                [](composable_str name) { return json_text(view(name)); }));
  } else if (has_element(type)) {
    json.raw("element", json_of(*type.element, path));
  } else if (has_fields(type)) {
    json.raw("fields", fields_json(type, path));
  }
  path.pop_back();
  return json.end();
}

std::string fault_in(const composable_type* type, const std::string& at, Path& path) {
  const std::string where = at.empty() ? "" : at + ": ";
  if (type == nullptr) return where + "has no type";
  if (is_within(path, *type)) return {};
  if (!COMPOSABLE_HAS(composable_type, type, element)) {
    return where + "struct_size of its composable_type is too small";
  }
  if (type->kind >= std::size(kKinds)) {
    return where + absl::StrFormat("kind %d is not known to this host", type->kind);
  }
  if ((type->kind == COMPOSABLE_KIND_INT || type->kind == COMPOSABLE_KIND_UINT) &&
      type->bits != 8 && type->bits != 16 && type->bits != 32 && type->bits != 64) {
    return where + absl::StrFormat("an integer has 8, 16, 32 or 64 bits, found %d", type->bits);
  }
  if (type->kind == COMPOSABLE_KIND_ENUM && (type->n_fields == 0 || type->names == nullptr)) {
    return where + "an enum without names";
  }
  path.push_back(type);
  std::string fault;
  if (has_element(*type)) fault = fault_in(type->element, at + "[]", path);
  if (has_fields(*type) && type->n_fields != 0 && type->fields == nullptr) {
    fault = where + absl::StrFormat("%d fields, and no table of them", type->n_fields);
  }
  for (std::uint32_t n = 0; has_fields(*type) && fault.empty() && n < type->n_fields; ++n) {
    const composable_field* field = type->fields[n];
    if (field == nullptr || !COMPOSABLE_HAS(composable_field, field, type)) {
      fault = where + absl::StrFormat("fields[%d]: struct_size is too small", n);
      break;
    }
    const std::string_view name = view(field->name);
    fault = fault_in(field->type, absl::StrFormat("%s%s%s", at, at.empty() ? "" : ".", name), path);
    for (std::uint32_t other = 0; fault.empty() && other < n; ++other) {
      if (view(type->fields[other]->name) == name) {
        fault = where + absl::StrFormat("the field %s stands in it twice", name);
      }
    }
  }
  path.pop_back();
  return fault;
}

}  // namespace

std::vector<SchemaLine> schema_lines(const composable_type& type) {
  std::vector<SchemaLine> lines;
  Path path;
  add_lines(type, "", path, lines);
  return lines;
}

std::string schema_json(const composable_type& type) {
  Path path;
  return json_of(type, path);
}

std::string schema_fault(const composable_type* type) {
  Path path;
  return fault_in(type, "", path);
}

const composable_type* usable_schema(const ActionType& action) {
  return action.schema != nullptr && schema_fault(action.schema).empty() ? action.schema : nullptr;
}

}  // namespace composable::host
