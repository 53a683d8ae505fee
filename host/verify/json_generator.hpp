// A JsonGenerator makes payloads from schemas: small values and extreme ones, and now and then a
// text that was seen before, so that commands meet what earlier ones made. One thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "composable/abi/schema.h"
#include "verify/seeded_rng.hpp"

namespace composable::host {

class JsonGenerator {
 public:
  explicit JsonGenerator(std::uint64_t seed) : rng_(seed) {}

  // A payload that the schema `type` allows, without its fields `left_out`. `type` has no fault.
  std::string payload(const composable_type& type, const std::vector<std::string>& left_out = {});
  // The plugin has refused a payload of `type` at `path`. A schema does not say which texts a field
  // takes, such as timestamps, nor how large its numbers may be. From now on that field gets texts
  // of another form, or small numbers; without a path, all numbers are small.
  enum class Change { kNone, kText, kNumber };  // kNone: all has been tried
  Change change(const composable_type& type, std::string_view path);

  // A word, or one of those that were remembered.
  std::string word();
  // Remembers the texts among the values of a payload.
  void remember_texts_of(std::string_view json);
  void remember(std::string_view word);

  SeededRng& rng() { return rng_; }

 private:
  void add_value(const composable_type& type, const std::string& path, std::size_t depth,
                 std::string& out);
  void add_members(const composable_type& type, const std::string& path, std::size_t depth,
                   const std::vector<std::string>& left_out, std::string& out);
  void add_elements(const composable_type& type, const std::string& path, std::size_t depth,
                    std::string& out);
  std::string integer(std::uint32_t bits, bool is_signed, const std::string& path);
  std::string text_at(const std::string& path);

  SeededRng rng_;
  const composable_type* root_ = nullptr;
  // By schema and path without indices. What is not here has not been made yet.
  using Place = std::pair<const composable_type*, std::string>;
  std::map<Place, std::size_t> forms_;  // of texts, from 0
  std::map<Place, bool> small_;         // numbers that have to be
  std::vector<std::string> remembered_;
  std::size_t next_place_ = 0;  // in remembered_, once that is full
};

}  // namespace composable::host
