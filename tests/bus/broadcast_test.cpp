#include "bus/broadcast.hpp"

#include <gtest/gtest.h>

namespace composable::host {
namespace {

struct TestListener final : BroadcastListener {
  std::vector<std::shared_ptr<const BroadcastBatch>> batches;
  bool on = true;
  void deliver(std::shared_ptr<const BroadcastBatch> batch) override { batches.push_back(batch); }
  bool listening() const override { return on; }
};

TEST(Broadcast, ABatchKeepsCopiesOfWhatItIsGiven) {
  BroadcastBatch batch;
  {
    std::string data = "{\"text\":\"" + std::string(10'000, 'x') + "\"}";
    std::string stream = "s";
    batch.add({.type_name = "Noted", .stream = stream, .data = data});
    batch.add({.type_name = "Noted", .stream = stream, .data = "{}"});
    data.assign(data.size(), '!');
    stream = "?";
  }
  ASSERT_EQ(batch.items().size(), 2u);
  EXPECT_EQ(batch.items()[0].stream, "s");
  EXPECT_EQ(batch.items()[0].data.size(), 10'011u);
  EXPECT_EQ(batch.items()[0].data.find('!'), std::string_view::npos);
  EXPECT_EQ(batch.items()[1].data, "{}");
}

TEST(Broadcast, EveryLoopThatListensGetsEachBatchOnce) {
  BroadcastBus bus;
  TestListener a, b, deaf;
  deaf.on = false;
  EXPECT_FALSE(bus.listening());
  bus.add(&deaf);
  EXPECT_FALSE(bus.listening());
  bus.add(&a);
  bus.add(&b);
  EXPECT_TRUE(bus.listening());
  bus.publish(std::make_shared<BroadcastBatch>());
  bus.remove(&b);
  bus.publish(std::make_shared<BroadcastBatch>());
  EXPECT_EQ(a.batches.size(), 2u);
  EXPECT_EQ(b.batches.size(), 1u);
  EXPECT_TRUE(deaf.batches.empty());
}

}  // namespace
}  // namespace composable::host
