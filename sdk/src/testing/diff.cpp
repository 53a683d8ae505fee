#include "composable/testing/diff.hpp"

#include <algorithm>

#include "composable/json.hpp"

namespace composable::testing {
namespace {

class Differ {
 public:
  void compare(const Type& type, const void* expected, const void* actual, const std::string& path,
               bool secret);
  std::vector<std::string> lines() && { return std::move(lines_); }

 private:
  void compare_object(const Type& type, const void* expected, const void* actual,
                      const std::string& path, bool secret);
  void compare_list(const Type& type, const void* expected, const void* actual,
                    const std::string& path, bool secret);
  void compare_map(const Type& type, const void* expected, const void* actual,
                   const std::string& path, bool secret);
  void compare_union(const Type& type, const void* expected, const void* actual,
                     const std::string& path, bool secret);

  static std::string shown(const Type& type, const void* value, bool secret) {
    if (value == nullptr) return "nothing";
    if (secret) return "a secret";
    std::string json;
    composable_error error = no_error();
    return encode(type, value, json, &error) ? json : "what has no JSON: " + describe(error);
  }
  // `null` stands for a value that is not there.
  void add(const Type& type, const void* expected, const void* actual, const std::string& path,
           bool secret) {
    add(path,
        "expected " + shown(type, expected, secret) + ", got " +
            (secret && expected != nullptr && actual != nullptr ? "another"
                                                                : shown(type, actual, secret)));
  }
  void add(const std::string& path, const std::string& what) {
    lines_.push_back(path.empty() ? what : path + ": " + what);
  }

  std::vector<std::string> lines_;
};

void Differ::compare(const Type& type, const void* expected, const void* actual,
                     const std::string& path, bool secret) {
  switch (type.kind) {
    case COMPOSABLE_KIND_OBJECT:
      return compare_object(type, expected, actual, path, secret);
    case COMPOSABLE_KIND_LIST:
      return compare_list(type, expected, actual, path, secret);
    case COMPOSABLE_KIND_MAP:
      return compare_map(type, expected, actual, path, secret);
    case COMPOSABLE_KIND_UNION:
      return compare_union(type, expected, actual, path, secret);
    default:
      if (shown(type, expected, false) != shown(type, actual, false)) {
        add(type, expected, actual, path, secret);
      }
  }
}

void Differ::compare_object(const Type& type, const void* expected, const void* actual,
                            const std::string& path, bool secret) {
  for (std::uint32_t i = 0; i < type.n_fields; ++i) {
    const Field& field = type.field(i);
    const std::string name(view(field.name));
    const std::string place = path.empty() ? name : path + '.' + name;
    const bool hidden = secret || (field.flags & COMPOSABLE_FIELD_SECRET) != 0;
    const void* left = static_cast<const char*>(expected) + field.offset;
    const void* right = static_cast<const char*>(actual) + field.offset;
    if (field.optional != nullptr) {
      left = field.optional->get(left);
      right = field.optional->get(right);
      if (left == nullptr && right == nullptr) continue;
      if (left == nullptr || right == nullptr) {
        add(*field.shape, left, right, place, hidden);
        continue;
      }
    }
    compare(*field.shape, left, right, place, hidden);
  }
}

void Differ::compare_list(const Type& type, const void* expected, const void* actual,
                          const std::string& path, bool secret) {
  std::size_t wanted = 0, got = 0;
  const auto* left = static_cast<const char*>(type.list->view(expected, &wanted));
  const auto* right = static_cast<const char*>(type.list->view(actual, &got));
  for (std::size_t i = 0; i < std::max(wanted, got); ++i) {
    const std::string place = path + '[' + std::to_string(i) + ']';
    const void* l = i < wanted ? left + i * type.list->stride : nullptr;
    const void* r = i < got ? right + i * type.list->stride : nullptr;
    if (l != nullptr && r != nullptr) {
      compare(type.of(), l, r, place, secret);
    } else {
      add(type.of(), l, r, place, secret);
    }
  }
}

void Differ::compare_map(const Type& type, const void* expected, const void* actual,
                         const std::string& path, bool secret) {
  std::vector<std::string> keys;
  const auto collect = [](void* ctx, std::string_view key, const void*) {
    static_cast<std::vector<std::string>*>(ctx)->emplace_back(key);
    return true;
  };
  type.map->each(expected, &keys, collect);
  type.map->each(actual, &keys, collect);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (const std::string& key : keys) {
    const std::string place = path + "[\"" + key + "\"]";
    const void* left = type.map->find(expected, key);
    const void* right = type.map->find(actual, key);
    if (left != nullptr && right != nullptr) {
      compare(type.of(), left, right, place, secret);
    } else {
      add(type.of(), left, right, place, secret);
    }
  }
}

void Differ::compare_union(const Type& type, const void* expected, const void* actual,
                           const std::string& path, bool secret) {
  const std::size_t left = type.alternatives->index(expected);
  const std::size_t right = type.alternatives->index(actual);
  if (left != right || left >= type.n_fields) {
    add(type, expected, actual, path, secret);
    return;
  }
  const Field& alternative = type.field(left);
  const std::string name(view(alternative.name));
  compare(*alternative.shape, type.alternatives->get(expected), type.alternatives->get(actual),
          path.empty() ? name : path + '.' + name, secret);
}

}  // namespace

std::vector<std::string> diff(const Type& type, const void* expected, const void* actual) {
  Differ differ;
  differ.compare(type, expected, actual, "", false);
  return std::move(differ).lines();
}

}  // namespace composable::testing
