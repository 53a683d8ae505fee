#include "composable/effect_list.hpp"

#include <cstring>

namespace composable {

composable_status EffectList::emit_rest(composable_status status, composable_effects* sink,
                                        composable_error* error) {
  for (std::uint32_t at = head(0)->size; at < used_ && status >= 0; at += head(at)->size) {
    status = emit_at(at, sink, error);
  }
  return status;
}

void EffectList::splice(EffectList&& other) {
  if (used_ + other.used_ > capacity_) grow(other.used_);
  other.move_all(data_ + used_);
  used_ += std::exchange(other.used_, 0);
  owns_ |= other.owns_;
}

void EffectList::grow(std::size_t slot) {
  const std::size_t capacity = 2 * (capacity_ + slot);
  auto* data = static_cast<std::byte*>(::operator new (capacity, std::align_val_t{kAlign}));
  move_all(data);
  if (data_ != inline_) ::operator delete (data_, std::align_val_t{kAlign});
  data_ = data;
  capacity_ = static_cast<std::uint32_t>(capacity);
  owns_ = true;
}

void EffectList::move_all(std::byte* to) {
  for (std::uint32_t at = 0; at < used_;) {
    Head* from = head(at);
    const std::uint32_t size = from->size;
    if (from->ops->relocate == nullptr) {
      std::memcpy(to + at, data_ + at, size);
    } else {
      ::new (to + at) Head(*from);
      from->ops->relocate(data_ + at + sizeof(Head), to + at + sizeof(Head));
    }
    at += size;
  }
}

void EffectList::take(EffectList& other) noexcept {
  if (other.data_ == other.inline_) {
    other.move_all(inline_);
    data_ = inline_;
    capacity_ = kInline;
  } else {
    data_ = std::exchange(other.data_, other.inline_);
    capacity_ = std::exchange(other.capacity_, kInline);
  }
  used_ = std::exchange(other.used_, 0);
  owns_ = std::exchange(other.owns_, false);
}

void EffectList::destroy_all() noexcept {
  for (std::uint32_t at = 0; at < used_; at += head(at)->size) {
    if (head(at)->ops->destroy != nullptr) head(at)->ops->destroy(data_ + at + sizeof(Head));
  }
  if (data_ != inline_) {
    ::operator delete (data_, std::align_val_t{kAlign});
    data_ = inline_;
    capacity_ = kInline;
  }
  used_ = 0;
  owns_ = false;
}

}  // namespace composable
