#include "verify/json_generator.hpp"

#include <algorithm>
#include <array>

#include "absl/strings/str_format.h"
#include "domain/domain_handle.hpp"
#include "runtime/json_text.hpp"

namespace composable::host {
namespace {

constexpr std::size_t kMaxRemembered = 64;
constexpr std::size_t kLongestRemembered = 128;
constexpr std::size_t kShallow = 5;   // deeper, nothing that may be left out is made
constexpr std::size_t kDeepest = 64;  // deeper there is only null

constexpr std::array<std::string_view, 10> kWords = {
    "a", "shop", "order-1", "x y", "", "日本語", "0", "line\nbreak \"quoted\" \\", "é", "true"};
// What texts may have to look like, one form after the other.
constexpr std::array<std::string_view, 6> kForms = {"",
                                                    "word",
                                                    "2026-01-02T03:04:05.000Z",
                                                    "0190a5b4-7c1e-7d2a-9f3b-1c2d3e4f5a6b",
                                                    "42",
                                                    "someone@shop.example"};

std::string without_indices(std::string_view path) {
  std::string out;
  bool inside = false;
  for (const char c : path) {
    if (c == ']') inside = false;
    if (!inside) out += c;
    if (c == '[') inside = true;
  }
  return out;
}

}  // namespace

std::string JsonGenerator::payload(const composable_type& type,
                                   const std::vector<std::string>& left_out) {
  root_ = &type;
  std::string out;
  if (type.kind == COMPOSABLE_KIND_OBJECT) {
    add_members(type, "", 0, left_out, out);
  } else {
    add_value(type, "", 0, out);
  }
  return out;
}

JsonGenerator::Change JsonGenerator::change(const composable_type& type, std::string_view path) {
  const Place place(&type, without_indices(path));
  if (const auto text = forms_.find(place); text != forms_.end()) {
    return ++text->second < kForms.size() ? Change::kText : Change::kNone;
  }
  bool changed = false;
  for (auto& [where, small] : small_) {
    const bool meant = where == place || (path.empty() && where.first == &type);
    changed = changed || (meant && !small);
    small = small || meant;
  }
  return changed ? Change::kNumber : Change::kNone;
}

std::string JsonGenerator::word() {
  if (!remembered_.empty() && !rng_.one_in(3)) return remembered_[rng_.below(remembered_.size())];
  return std::string(kWords[rng_.below(kWords.size())]);
}

void JsonGenerator::remember(std::string_view word) {
  if (word.empty() || word.size() > kLongestRemembered) return;
  if (std::find(remembered_.begin(), remembered_.end(), word) != remembered_.end()) return;
  if (remembered_.size() < kMaxRemembered) {
    remembered_.emplace_back(word);
  } else {
    remembered_[next_place_++ % kMaxRemembered] = word;
  }
}

void JsonGenerator::remember_texts_of(std::string_view json) {
  std::size_t open = json.find('"');
  while (open != json.npos) {
    const std::size_t close = json.find_first_of("\"\\", open + 1);
    if (close == json.npos) return;
    if (json[close] == '\\') {  // a text with escapes is not worth it
      open = json.find('"', close + 2);
      continue;
    }
    const bool is_name = close + 1 < json.size() && json[close + 1] == ':';
    if (!is_name) remember(json.substr(open + 1, close - open - 1));
    open = json.find('"', close + 1);
  }
}

std::string JsonGenerator::text_at(const std::string& path) {
  const std::size_t form = forms_.try_emplace({root_, path}, 0).first->second;
  return form == 0 ? word() : std::string(kForms[std::min(form, kForms.size() - 1)]);
}

std::string JsonGenerator::integer(std::uint32_t bits, bool is_signed, const std::string& path) {
  const bool small = small_.try_emplace({root_, path}, false).first->second;
  if (small) return absl::StrFormat("%d", rng_.below(10));
  const std::uint64_t all = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  const std::uint64_t largest = is_signed ? all >> 1 : all;
  std::uint64_t value = 0;
  switch (rng_.below(8)) {
    case 0:
      value = largest;
      break;
    case 1:
      value = rng_.next() & largest;
      break;
    default:
      value = rng_.below(std::min<std::uint64_t>(largest, 10)) + 1;
  }
  if (!is_signed || !rng_.one_in(5)) return absl::StrFormat("%u", value);
  // One further than the largest, when that is what was drawn: the smallest.
  return absl::StrFormat("-%u", value == largest ? value + 1 : value);
}

void JsonGenerator::add_members(const composable_type& type, const std::string& path,
                                std::size_t depth, const std::vector<std::string>& left_out,
                                std::string& out) {
  out += '{';
  const std::size_t begin = out.size();
  for (std::uint32_t n = 0; n < type.n_fields; ++n) {
    const composable_field& field = *type.fields[n];
    const std::string name(view(field.name));
    if (std::find(left_out.begin(), left_out.end(), name) != left_out.end()) continue;
    const bool optional = (field.flags & COMPOSABLE_FIELD_OPTIONAL) != 0;
    if (optional && (depth > kShallow || rng_.one_in(3))) continue;
    if (out.size() != begin) out += ',';
    append_json_string(out, name);
    out += ':';
    if ((field.flags & COMPOSABLE_FIELD_NULLABLE) != 0 && rng_.one_in(4)) {
      out += "null";
    } else {
      add_value(*field.type, path.empty() ? name : path + '.' + name, depth + 1, out);
    }
  }
  out += '}';
}

void JsonGenerator::add_elements(const composable_type& type, const std::string& path,
                                 std::size_t depth, std::string& out) {
  const bool list = type.kind == COMPOSABLE_KIND_LIST;
  out += list ? '[' : '{';
  const std::size_t count = depth > kShallow ? 0 : rng_.below(4);
  for (std::size_t n = 0; n < count; ++n) {
    if (n != 0) out += ',';
    if (!list) out += absl::StrFormat("\"key%d\":", n);
    add_value(*type.element, path + (list ? "[]" : "{}"), depth + 1, out);
  }
  out += list ? ']' : '}';
}

void JsonGenerator::add_value(const composable_type& type, const std::string& path,
                              std::size_t depth, std::string& out) {
  if (depth > kDeepest) {
    out += "null";
    return;
  }
  switch (type.kind) {
    case COMPOSABLE_KIND_NULL:
      out += "null";
      return;
    case COMPOSABLE_KIND_BOOL:
      out += rng_.one_in(2) ? "true" : "false";
      return;
    case COMPOSABLE_KIND_INT:
    case COMPOSABLE_KIND_UINT:
      out += integer(type.bits, type.kind == COMPOSABLE_KIND_INT, path);
      return;
    case COMPOSABLE_KIND_DOUBLE: {
      constexpr std::array<const char*, 5> kNumbers = {"0.5", "0", "-12.25", "1e300", "3"};
      out += kNumbers[rng_.below(kNumbers.size())];
      return;
    }
    case COMPOSABLE_KIND_STRING:
      append_json_string(out, text_at(path));
      return;
    case COMPOSABLE_KIND_ENUM:
      append_json_string(out, view(type.names[rng_.below(type.n_fields)]));
      return;
    case COMPOSABLE_KIND_LIST:
    case COMPOSABLE_KIND_MAP:
      add_elements(type, path, depth, out);
      return;
    case COMPOSABLE_KIND_OBJECT:
      add_members(type, path, depth, {}, out);
      return;
    case COMPOSABLE_KIND_UNION: {
      const composable_field& taken =
          *type.fields[depth > kShallow ? 0 : rng_.below(type.n_fields)];
      out += '{';
      append_json_string(out, view(taken.name));
      out += ':';
      add_value(*taken.type, path + '.' + std::string(view(taken.name)), depth + 1, out);
      out += '}';
      return;
    }
    default:
      out += rng_.one_in(2) ? R"({"any":[1,"two",null]})" : "17";
  }
}

}  // namespace composable::host
