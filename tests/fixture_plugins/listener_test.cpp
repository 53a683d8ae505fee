// The listener, in the test store: both ends of a topic, without a host.
#include "listener.hpp"

#include <gtest/gtest.h>

#include "composable/testing/test_store.hpp"

namespace listening {
namespace {

using Store = composable::testing::TestStore<Listener>;

struct ToldByTheProbe {  // as a build of the probe writes it: one field more, and one less
  std::string topic;
  std::string text;
};

TEST(Listener, KeepsWhatItHears) {
  Store store;
  store.as("ann")
      .deliver("probe.told", ToldByTheProbe{"probe.told", "hi"})
      .applied(Kept{"hi", "even", "ann", ""})
      .state([](Listener::State& s) {
        s.kept.push_back({"hi", "even", "ann", ""});
      });
}

TEST(Listener, AnswersOnATopicThatItHearsItself) {
  Store store;
  store.deliver("listener.asked", ToldByTheProbe{"listener.asked", "you?"})
      .published("probe.told", Told{"re: you?"})
      .received(Hear{"re: you?"})
      .applied(Kept{"re: you?", "even", "", ""})
      .state([](Listener::State& s) {
        s.kept.push_back({"re: you?", "even", "", ""});
      });
}

TEST(Listener, RejectsWhatIsTooQuiet) {
  Store().deliver("probe.told", ToldByTheProbe{"", "quiet"}).rejected(Deaf{"quiet"});
}

}  // namespace
}  // namespace listening
