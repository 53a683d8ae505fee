#include "net/listener.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace composable::host {
namespace {

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    std::string pattern = testing::TempDir() + "listener-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~ListenerTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(ListenerTest, TellsThatAPortIsInUse) {
  const auto first = listen_tcp({"127.0.0.1", 0});
  ASSERT_TRUE(first.ok());
  const std::uint16_t port = bound_port(*first).value();
  EXPECT_EQ(check_free({"127.0.0.1", port}).message(),
            "127.0.0.1:" + std::to_string(port) +
                ": the port is in use by another process; stop it or choose another port");
  EXPECT_TRUE(listen_tcp({"127.0.0.1", port}).ok()) << "loops share it";
}

TEST_F(ListenerTest, RefusesANameForAnAddress) {
  EXPECT_EQ(listen_tcp({"localhost", 3000}).status().message(),
            "localhost:3000: \"localhost\" is no IP address; write it as 127.0.0.1 or [::1]");
  EXPECT_EQ((ListenAddress{"::1", 3000}).text(), "[::1]:3000");
  EXPECT_TRUE((ListenAddress{"::1", 3000}).is_loopback());
  EXPECT_FALSE((ListenAddress{"0.0.0.0", 3000}).is_loopback());
}

TEST_F(ListenerTest, OnlyItsOwnerMayOpenAUnixSocket) {
  const std::string path = directory_ + "/admin.sock";
  ASSERT_TRUE(listen_unix(path).ok());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
}

TEST_F(ListenerTest, ReplacesASocketOfTheDeadAndRefusesALiveOne) {
  const std::string path = directory_ + "/admin.sock";
  {
    const auto live = listen_unix(path);
    ASSERT_TRUE(live.ok());
    EXPECT_EQ(listen_unix(path).status().message(),
              path + ": another host listens there; stop it or choose another --data-dir");
  }
  EXPECT_TRUE(listen_unix(path).ok()) << "the file is there, its process is not";
}

TEST_F(ListenerTest, ReplacesNothingThatIsNoSocket) {
  const std::string path = directory_ + "/admin.sock";
  std::ofstream(path) << "notes";
  EXPECT_EQ(listen_unix(path).status().message(),
            path +
                ": expected nothing or a socket, found a file; move it away or choose another "
                "--data-dir");
  std::string kept;
  std::ifstream(path) >> kept;
  EXPECT_EQ(kept, "notes");
  std::filesystem::rename(path, path + "~");  // the name under which it is bound
  EXPECT_EQ(listen_unix(path).status().message(),
            path +
                "~: expected nothing or a socket, found a file; move it away or choose another "
                "--data-dir");
  std::filesystem::remove(path + "~");
  std::filesystem::create_symlink("/nowhere", path);
  EXPECT_EQ(listen_unix(path).status().message(),
            path +
                ": expected nothing or a socket, found a symbolic link; move it away or choose "
                "another --data-dir");
}

TEST_F(ListenerTest, SaysWhatToDoWhenItCannotBind) {
  EXPECT_EQ(check_free({"192.0.2.1", 3000}).message(),
            "192.0.2.1:3000: cannot bind: Cannot assign requested address; choose an address of "
            "this machine");
  const std::string path = directory_ + "/none/admin.sock";
  EXPECT_EQ(listen_unix(path).status().message(),
            path +
                ": cannot bind: No such file or directory; check the data directory and its "
                "rights");
}

TEST_F(ListenerTest, SaysThatAPathIsTooLong) {
  const std::string path = "/" + std::string(120, 'x');
  EXPECT_EQ(listen_unix(path).status().message(),
            path +
                ": the path has 121 bytes, a Unix socket's at most 107; choose a shorter "
                "--data-dir");
}

}  // namespace
}  // namespace composable::host
