#include "verify/mutation.hpp"

#include <array>
#include <vector>

namespace composable::host {
namespace {

// Deep enough to overflow the stack of a recursive parser, and shorter than what a host lets
// in.
constexpr std::size_t kDeep = 200'000;
constexpr std::size_t kLong = 512 * 1024;

// Calls `visit(i)` for each byte outside of strings, until it returns true.
template <typename Visit>
void outside_strings(std::string_view json, std::size_t from, Visit visit) {
  bool inside = false;
  for (std::size_t i = from; i < json.size(); ++i) {
    if (inside && json[i] == '\\') {
      ++i;
    } else if (json[i] == '"') {
      inside = !inside;
    } else if (!inside && visit(i)) {
      return;
    }
  }
}

// Where the value that begins at `from` ends.
std::size_t value_end(std::string_view json, std::size_t from) {
  std::size_t end = json.size();
  int depth = 0;
  outside_strings(json, from, [&](std::size_t i) {
    const char c = json[i];
    const bool closes = c == ']' || c == '}';
    if (depth == 0 && (closes || c == ',')) {
      end = i;
      return true;
    }
    depth += c == '[' || c == '{' ? 1 : closes ? -1 : 0;
    return false;
  });
  return end;
}

Mutation nasty_value(SeededRng& rng) {
  switch (rng.below(14)) {
    case 0:
      return {std::string(kDeep, '['), "with 200,000 lists in each other"};
    case 1: {
      std::string deep;
      for (std::size_t i = 0; i < kDeep; ++i) deep += "{\"a\":";
      return {deep, "with 200,000 objects in each other"};
    }
    case 2:
      return {std::string(kDeep, '[') + std::string(kDeep, ']'), "with 200,000 closed lists"};
    case 3:
      return {"1" + std::string(400, '0'), "with a number of 401 digits"};
    case 4:
      return {"1e99999", "with the number 1e99999"};
    case 5:
      return {"-9223372036854775809", "with a number beyond 64 bits"};
    case 6:
      return {"\"" + std::string(kLong, 'a') + "\"", "with a text of 512 KiB"};
    case 7:
      return {"\"\xff\xfe\xc0\x80\"", "with a text that is not UTF-8"};
    case 8:
      return {"\"\\ud800 \\u0000\"", "with half a surrogate pair and a NUL"};
    case 9:
      return {"null", "with null"};
    case 10:
      return {"{\"a\":1}", "with an object"};
    case 11:
      return {"[1,2]", "with a list"};
    case 12:
      return {"true", "with true"};
    default:
      return {"\"text\"", "with a text"};
  }
}

Mutation other_value(std::string_view json, SeededRng& rng) {
  std::vector<std::size_t> colons;
  outside_strings(json, 0, [&](std::size_t i) {
    if (json[i] == ':') colons.push_back(i);
    return false;
  });
  Mutation damaged = nasty_value(rng);
  if (colons.empty()) {
    damaged.json = "{\"unknown\":" + damaged.json + "}";
    return damaged;
  }
  const std::size_t begin = colons[rng.below(colons.size())] + 1;
  damaged.json = std::string(json.substr(0, begin)) + damaged.json +
                 std::string(json.substr(value_end(json, begin)));
  return damaged;
}

Mutation whole_other(SeededRng& rng) {
  constexpr std::array<std::string_view, 10> kDocuments = {
      "", " ", "{", "}", "null", "[]", "\"text\"", "{}{}", "\xef\xbb\xbf{}", "{\"a\":1,\"a\":2}"};
  return {std::string(kDocuments[rng.below(kDocuments.size())]), "replaced as a whole"};
}

}  // namespace

Mutation mutate(std::string_view json, SeededRng& rng) {
  std::string out(json);
  const std::size_t at = out.empty() ? 0 : rng.below(out.size());
  switch (rng.below(8)) {
    case 0:
      return {out.substr(0, at), "cut short"};
    case 1:
      if (!out.empty()) out[at] = static_cast<char>(out[at] ^ (1 << rng.below(8)));
      return {out, "with one bit flipped"};
    case 2:
      if (!out.empty()) out.erase(at, 1 + rng.below(4));
      return {out, "with bytes left out"};
    case 3:
      out.insert(at, out.substr(at, 1 + rng.below(16)));
      return {out, "with bytes repeated"};
    case 4: {
      constexpr std::string_view kMarks("{}[]:,\"\\\0\n-+.eE", 16);
      out.insert(at, 1, kMarks[rng.below(kMarks.size())]);
      return {out, "with a byte put in"};
    }
    case 5:
      return whole_other(rng);
    default:
      return other_value(json, rng);
  }
}

}  // namespace composable::host
