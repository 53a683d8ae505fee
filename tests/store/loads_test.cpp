#include "store/loads.hpp"

#include "part_fixture.hpp"

namespace composable::host {
namespace {

struct Nobody final : AppendListener {
  void appended(absl::Span<std::unique_ptr<AppendRequest>>) override {}
};

class LoadsTest : public PartTest {
 protected:
  LoadsTest() {
    auto request = std::make_unique<AppendRequest>();
    request->domain = "probe";
    request->recorded_at_us = 1'700'000'000'000'000;
    StreamAppend append;
    append.stream = "s";
    append.expected = Expected::kAny;
    for (const char* text : {"{\"text\":\"a\"}", "{\"text\":\"b\"}"}) {
      append.events.push_back({Uuid::v7(1, rng_), "Noted", text});
    }
    request->streams.push_back(std::move(append));
    log_.append(std::move(request), nobody_);
  }
  StagedEffect load(std::string stream, std::uint32_t max) {
    StagedEffect load = effect(StagedEffect::Kind::kLoad, std::move(stream), 3);
    load.amount = 1;
    load.max = max;
    return load;
  }

  Nobody nobody_;
  MemoryEventStore log_{clock_};
  WorkerPool workers_{1, 4};
  Loads loads_{"probe", host_, section_, &log_, &workers_};
};

TEST_F(LoadsTest, APageIsFedBackAsTheActionThatAskedForIt) {
  Scope& root = scope();
  StagedEffect effect = load("s", 1);
  loads_.start(effect, root);
  EXPECT_EQ(root.outstanding, 2u);
  EXPECT_TRUE(loop_.run_until([&] { return !host_.fed_back.empty(); }));
  EXPECT_EQ(host_.fed_back[0].type, 3u);
  EXPECT_EQ(host_.fed_back[0].data,
            "{\"stream\":\"s\",\"events\":[{\"type\":\"Noted\",\"version\":1,\"position\":1,"
            "\"recorded_at\":\"2023-11-14T22:13:20.000Z\",\"data\":{\"text\":\"a\"}}],"
            "\"more\":true}");
  EXPECT_EQ(root.outstanding, 2u) << "of the decide and of what was fed back";
}

TEST_F(LoadsTest, AStreamThatIsNotThereIsAnEmptyPage) {
  StagedEffect effect = load("nothing", 10);
  loads_.start(effect, scope());
  EXPECT_TRUE(loop_.run_until([&] { return !host_.fed_back.empty(); }));
  EXPECT_EQ(host_.fed_back[0].data, "{\"stream\":\"nothing\",\"events\":[],\"more\":false}");
}

TEST_F(LoadsTest, WithoutWorkersItFails) {
  Loads loads("probe", host_, section_, &log_, nullptr);
  Scope& root = scope();
  StagedEffect effect = load("s", 1);
  loads.start(effect, root);
  EXPECT_EQ(host_.told, Texts{"failed load: the worker pool is full"});
  EXPECT_EQ(root.outstanding, 1u);
}

}  // namespace
}  // namespace composable::host
