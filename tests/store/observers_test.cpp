#include "store/observers.hpp"

#include "observe/log_capture.hpp"
#include "part_fixture.hpp"

namespace composable::host {
namespace {

struct Received final : BroadcastListener {
  std::vector<std::string> texts;
  std::size_t batches = 0;
  bool wants = true;

  void deliver(std::shared_ptr<const BroadcastBatch> batch) override {
    ++batches;
    for (const Broadcast& b : batch->items()) {
      texts.push_back(std::string(b.type_name) + " " + std::string(b.data));
    }
  }
  bool listening() const override { return wants; }
};

class ObserversTest : public PartTest {
 protected:
  ObserversTest() {
    bus_.add(&received_);
    observers_.resolve(*domain_);
  }
  ~ObserversTest() override { bus_.remove(&received_); }

  Fact fact(std::string_view type, const std::string& json) {
    return {{domain_->find_action(type)->number, COMPOSABLE_FORM_JSON, json.data(), json.size()},
            "s",
            7};
  }
  void tell(std::string_view type, const std::string& json) {
    observers_.notify(*domain_, fact(type, json), *scope().cause);
  }

  std::shared_ptr<DomainHandle> domain_ = probe();
  BroadcastBus bus_;
  Received received_;
  Observers observers_{"probe", 2, &bus_, 16};
};

TEST_F(ObserversTest, SocketsHearPublicEventsInBatches) {
  tell("Told", "{\"text\":\"a\"}");
  tell("Told", "{\"text\":\"b\"}");
  EXPECT_EQ(received_.batches, 0u);
  observers_.flush();
  observers_.flush();
  EXPECT_EQ(received_.batches, 1u);
  EXPECT_EQ(received_.texts, (Texts{"Told {\"text\":\"a\"}", "Told {\"text\":\"b\"}"}));
}

TEST_F(ObserversTest, SocketsHearNoInternalActions) {
  tell("Link", "{\"n\":1}");
  observers_.flush();
  EXPECT_EQ(received_.texts, Texts{});
}

TEST_F(ObserversTest, ObserversInTheProcessHearEverything) {
  EXPECT_FALSE(observers_.observed());
  const auto subscriber = observers_.subscribe();
  EXPECT_TRUE(observers_.observed());
  tell("Link", "{\"n\":1}");
  ObservedAction action;
  std::uint64_t missed = 0;
  ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()),
            ActionSubscriber::Result::kAction);
  EXPECT_EQ(action.type, "Link");
  EXPECT_EQ(action.data, "{\"n\":1}");
}

TEST_F(ObserversTest, NothingIsCopiedWhenNobodyListens) {
  received_.wants = false;
  tell("Told", "{\"text\":\"a\"}");
  observers_.flush();
  EXPECT_EQ(received_.batches, 0u);
}

TEST_F(ObserversTest, AnotherGenerationKeepsTheNumbersOfTheOneBefore) {
  const auto subscriber = observers_.subscribe();
  observers_.resolve(*domain_);
  tell("Told", "{\"text\":\"a\"}");
  ObservedAction action;
  std::uint64_t missed = 0;
  ASSERT_EQ(subscriber->receive(action, missed, absl::ZeroDuration()),
            ActionSubscriber::Result::kAction);
  EXPECT_EQ(action.type, "Told");
}

}  // namespace
}  // namespace composable::host
