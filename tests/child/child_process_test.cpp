// A child process and the two ends of its channel. The executable is its own child.
#include "child/child_process.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>
#include <thread>

#include "child/channel.hpp"

namespace composable::host {
namespace {

using std::chrono::milliseconds;

// What the child does with the one text that it is sent.
int run_child() {
  auto host = ParentChannel::find();
  if (!host) return 2;
  const Frame frame = host->receive();
  const std::string text(PayloadReader(frame.payload).text());
  host->progress().enter(ChildProgress::kPluginTask, "what it was told", 7);
  if (text == "crash") std::raise(SIGSEGV);
  if (text == "sleep") std::this_thread::sleep_for(std::chrono::minutes(1));
  if (text == "exit") ::_exit(3);
  ::write(STDERR_FILENO, "heard\n", 6);
  std::string bytes;
  FrameWriter(bytes, FrameKind::kOutcome).text("echo of " + text);
  host->send(bytes);
  return 0;
}

class ChildProcessTest : public testing::Test {
 protected:
  void start(std::string_view text, milliseconds deadline = milliseconds(20'000)) {
    auto started = ChildProcess::start("/proc/self/exe", "child", deadline);
    ASSERT_TRUE(started.ok()) << started.status();
    process_ = *std::move(started);
    std::string bytes;
    FrameWriter(bytes, FrameKind::kPluginTask).text(text);
    ASSERT_TRUE(process_->send(bytes));
  }

  std::unique_ptr<ChildProcess> process_;
};

TEST_F(ChildProcessTest, AnswersOverItsChannel) {
  start("word");
  const auto frame = process_->receive();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->kind, FrameKind::kOutcome);
  EXPECT_EQ(PayloadReader(frame->payload).text(), "echo of word");
  const ChildEnd end = process_->end();
  EXPECT_EQ(end.wrote, "heard\n");
  EXPECT_FALSE(end.at_deadline);
}

TEST_F(ChildProcessTest, ItsEndSaysWhereItWas) {
  start("crash");
  EXPECT_FALSE(process_->receive());
  ChildEnd end = process_->end();
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_EQ(end.progress.step, ChildProgress::kPluginTask);
  EXPECT_EQ(std::string_view(end.progress.type, end.progress.type_size), "what it was told");
  EXPECT_EQ(end.progress.position, 7u);

  start("exit");
  EXPECT_FALSE(process_->receive());
  end = process_->end();
  EXPECT_EQ(end.signal, 0);
  EXPECT_EQ(end.exit_code, 3);
}

TEST_F(ChildProcessTest, IsEndedAtItsDeadline) {
  start("sleep", milliseconds(300));
  EXPECT_FALSE(process_->receive());
  EXPECT_TRUE(process_->end().at_deadline);
}

TEST(ParentChannelTest, IsNotThereWithoutAHost) { EXPECT_FALSE(ParentChannel::find()); }

}  // namespace
}  // namespace composable::host

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "child") return composable::host::run_child();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
