#include "imports.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "composable/testing/test_store.hpp"

namespace {

using namespace imports;
using State = Imports::State;
using Store = composable::testing::TestStore<Imports>;

class ImportsTest : public ::testing::Test {
 protected:
  ImportsTest() { std::filesystem::create_directories(directory_); }
  ~ImportsTest() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
  }
  std::string config() const {
    return R"({"patience_s": 2, "directory": ")" + directory_.string() + "\"}";
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) /
      ("imports-" + std::to_string(::getpid()) + "-" +
       ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ImportsTest, AFileThatIsCompleteIsCounted) {
  Store store(config());
  write("a.csv", "1\n2\n3\n");
  store.send(StartImport{"a.csv"})
      .applied(ImportStarted{"a.csv"})
      .started(AwaitFile{"a.csv"}, "a.csv")
      .state([](State& s) { s.imports["a.csv"].file = "a.csv"; });

  store.run_jobs()
      .received(NoteArrival{"a.csv", 6})
      .applied(FileArrived{"a.csv", 6})
      .started(CountLines{"a.csv"}, "a.csv")
      .state([](State& s) {
        s.imports["a.csv"] = {"a.csv", Status::kCounting, 6, 0, ""};
      });
  store.run_jobs()
      .received(NoteCount{"a.csv", 3})
      .applied(ImportDone{"a.csv", 3})
      .state([](State& s) {
        s.imports["a.csv"] = {"a.csv", Status::kDone, 6, 3, ""};
      });
  EXPECT_EQ(store.logged(), (std::vector<std::string>{"info file arrived file=a.csv bytes=6",
                                                      "info lines counted file=a.csv lines=3"}));
}

TEST_F(ImportsTest, AFileThatDoesNotComeFails) {
  Store store(config());
  store.send(StartImport{"b.csv"})
      .applied(ImportStarted{"b.csv"})
      .started(AwaitFile{"b.csv"}, "b.csv")
      .state([](State& s) { s.imports["b.csv"].file = "b.csv"; });
  const auto before = store.now();
  store.run_jobs()
      .received(NoteFailure{"b.csv", "did not arrive in time"})
      .applied(ImportFailed{"b.csv", "did not arrive in time"})
      .state([](State& s) {
        s.imports["b.csv"].status = Status::kFailed;
        s.imports["b.csv"].reason = "did not arrive in time";
      });
  EXPECT_EQ(store.now(), before + std::chrono::seconds(2)) << "of the test's clock, not of ours";
}

TEST_F(ImportsTest, AFileThatIsGoneWhenItIsReadFails) {
  Store store(config());
  store.given("", ImportStarted{"d.csv"});
  store.send(NoteArrival{"d.csv", 6})
      .applied(FileArrived{"d.csv", 6})
      .started(CountLines{"d.csv"}, "d.csv")
      .state([](State& s) {
        s.imports["d.csv"] = {"d.csv", Status::kCounting, 6, 0, ""};
      });
  store.run_jobs()
      .received(NoteFailure{"d.csv", "cannot be read"})
      .applied(ImportFailed{"d.csv", "cannot be read"})
      .state([](State& s) {
        s.imports["d.csv"] = {"d.csv", Status::kFailed, 6, 0, "cannot be read"};
      });
}

TEST_F(ImportsTest, AnImportThatIsStoppedEndsItsJob) {
  Store store(config());
  store.send(StartImport{"c.csv"})
      .applied(ImportStarted{"c.csv"})
      .started(AwaitFile{"c.csv"}, "c.csv")
      .state([](State& s) { s.imports["c.csv"].file = "c.csv"; });
  store.send(StartImport{"c.csv"}).rejected(AlreadyRunning{"c.csv"});
  store.send(StopImport{"c.csv"})
      .applied(ImportFailed{"c.csv", "stopped"})
      .cancelled("c.csv")
      .state([](State& s) {
        s.imports["c.csv"] = {"c.csv", Status::kFailed, 0, 0, "stopped"};
      });
  store.run_jobs();
  store.send(NoteArrival{"c.csv", 5});  // one that came too late
}

TEST_F(ImportsTest, ANameLeadsNowhereElse) {
  Store store(config());
  for (const char* name : {"../secret", ".hidden", "", "a/b"}) {
    store.send(StartImport{name}).rejected(NotAFileName{name});
  }
}

}  // namespace
