// The table composable.topics/1 of a domain, made from D::topics(). Used by plugin.hpp, at load.
#pragma once
#include <cstdint>
#include <vector>

#include "composable/glue.hpp"
#include "composable/topics.hpp"

namespace composable::glue {

template <class D>
class TopicTable {
 public:
  static const composable_topics_v1& get() {
    static const TopicTable table;
    return table.table_;
  }

 private:
  TopicTable() {
    const Topics<D> topics = D::topics();
    subscriptions_.reserve(topics.entries().size());
    for (const auto& entry : topics.entries()) {
      subscriptions_.push_back(
          {sizeof(composable_subscription), entry.action, abi_str(entry.topic)});
      pointers_.push_back(&subscriptions_.back());
    }
    table_ = {sizeof(table_), static_cast<std::uint32_t>(pointers_.size()), pointers_.data()};
  }

  std::vector<composable_subscription> subscriptions_;
  std::vector<const composable_subscription*> pointers_;
  composable_topics_v1 table_{};
};

}  // namespace composable::glue
