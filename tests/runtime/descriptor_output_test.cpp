#include "runtime/descriptor_output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ostream>
#include <string>
#include <thread>

#include "runtime/unique_fd.hpp"

namespace composable::host {
namespace {

struct Pipe {
  UniqueFd out, in;  // to read from, to write to

  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    out = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  std::string read() const {
    std::string text(4096, '\0');
    text.resize(static_cast<std::size_t>(::read(out.get(), text.data(), text.size())));
    return text;
  }
};

TEST(DescriptorOutput, IsThereWhenTheCallReturns) {
  const Pipe pipe;
  DescriptorOutput output(pipe.in.get());
  std::ostream out(&output);
  out << "a line " << 17 << '\n';
  EXPECT_EQ(pipe.read(), "a line 17\n");
  EXPECT_EQ(output.error(), 0);
}

TEST(DescriptorOutput, SaysWhyItCouldNotBeWritten) {
  const UniqueFd full(::open("/dev/full", O_WRONLY));
  DescriptorOutput output(full.get());
  std::ostream out(&output);
  out << "lost";
  EXPECT_FALSE(out);
  EXPECT_EQ(output.error(), ENOSPC);
}

TEST(DescriptorOutput, KnowsAReaderThatHasLeft) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.out = UniqueFd();
  DescriptorOutput output(pipe.in.get());
  std::ostream out(&output);
  out << "lost";
  EXPECT_EQ(output.error(), EPIPE);
  std::signal(SIGPIPE, before);
}

TEST(DescriptorOutput, WaitsForAReaderThatIsSlow) {
  const Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.in.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string text(300'000, 'x');  // more than a pipe holds
  std::size_t read = 0;
  std::thread reader([&] {
    while (read < text.size()) read += pipe.read().size();
  });
  DescriptorOutput output(pipe.in.get());
  std::ostream(&output) << text;
  reader.join();
  EXPECT_EQ(output.error(), 0);
}

}  // namespace
}  // namespace composable::host
