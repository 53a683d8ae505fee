// An EffectList holds the effects of one decide, without allocation while they are few. It is no
// template: the verbs of effects.hpp bring a table of functions that emit, move and destroy them.
// Made and emptied inside one decide call.
#pragma once
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "composable/abi/effects.h"
#include "composable/error.hpp"

namespace composable {

struct EffectOps {
  composable_status (*emit)(void* effect, composable_effects* sink, composable_error* error);
  void (*relocate)(void* from, void* to) noexcept;  // moves and destroys; null: bytes will do
  void (*destroy)(void* effect) noexcept;           // null: nothing to do
};

class EffectList {
 public:
  EffectList() = default;
  EffectList(EffectList&& other) noexcept { take(other); }
  EffectList& operator=(EffectList&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  ~EffectList() { clear(); }

  bool empty() const { return used_ == 0; }

  // Emits all effects to the host in order and ends the list. Native payloads live as long as this.
  composable_status emit(composable_effects* sink, composable_error* error) {
    if (empty()) return COMPOSABLE_OK;
    composable_status status = emit_at(0, sink, error);  // most lists have one effect
    if (head(0)->size != used_) [[unlikely]]
      status = emit_rest(status, sink, error);
    return status < 0 ? status : sink->commit(sink);
  }

 protected:
  template <class Effect>
  void put(Effect&& effect, const EffectOps& ops) {
    using E = std::remove_cvref_t<Effect>;
    static_assert(alignof(E) <= kAlign);
    void* place = make_room(sizeof(E), ops);
    ::new (place) E(std::forward<Effect>(effect));
    owns_ |= ops.destroy != nullptr;
    used_ += static_cast<std::uint32_t>(slot_size(sizeof(E)));
  }
  // Moves what `other` holds behind what this holds.
  void splice(EffectList&& other);

 private:
  static constexpr std::size_t kAlign = 16;
  static constexpr std::size_t kInline = 352;  // two events of a dozen fields, or three commands

  struct alignas(kAlign) Head {
    const EffectOps* ops;
    std::uint32_t size;  // with the head
  };
  static constexpr std::size_t slot_size(std::size_t size) {
    return sizeof(Head) + (size + kAlign - 1) / kAlign * kAlign;
  }

  composable_status emit_at(std::uint32_t at, composable_effects* sink, composable_error* error) {
    return head(at)->ops->emit(data_ + at + sizeof(Head), sink, error);
  }
  composable_status emit_rest(composable_status status, composable_effects* sink,
                              composable_error* error);
  Head* head(std::uint32_t at) { return std::launder(reinterpret_cast<Head*>(data_ + at)); }
  // Writes the head of an effect and returns where the effect goes; `used_` does not count it yet.
  void* make_room(std::size_t size, const EffectOps& ops) {
    const std::size_t slot = slot_size(size);
    if (used_ + slot > capacity_) grow(slot);
    ::new (data_ + used_) Head{&ops, static_cast<std::uint32_t>(slot)};
    return data_ + used_ + sizeof(Head);
  }
  void grow(std::size_t slot);
  void move_all(std::byte* to);
  void take(EffectList& other) noexcept;
  void clear() noexcept {
    if (owns_) destroy_all();
    used_ = 0;
  }
  void destroy_all() noexcept;

  std::byte* data_ = inline_;
  std::uint32_t used_ = 0;
  std::uint32_t capacity_ = kInline;
  bool owns_ = false;  // memory, or an effect that must be destroyed
  alignas(kAlign) std::byte inline_[kInline];
};

}  // namespace composable
