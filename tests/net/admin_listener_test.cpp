#include "net/admin_listener.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "net/raw_client.hpp"

namespace composable::host {
namespace {

class AdminListenerTest : public testing::Test {
 protected:
  AdminListenerTest() {
    std::string pattern = testing::TempDir() + "admin-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    options_.data_directory = directory_;
  }
  ~AdminListenerTest() override {
    admin_.reset();
    std::filesystem::remove_all(directory_);
  }

  absl::Status start() {
    AdminRoutes routes;
    EXPECT_TRUE(routes
                    .add(Method::kGet, "/_composable/domains/:name",
                         [](const RequestView& request) {
                           AdminReply reply;
                           reply.body =
                               "{\"name\":\"" + std::string(*request.param("name")) + "\"}";
                           return reply;
                         })
                    .ok());
    EXPECT_TRUE(routes
                    .add(Method::kPost, "/_composable/reload",
                         [](const RequestView& request) {
                           AdminReply reply;
                           if (request.body() == "throw") throw std::runtime_error("the reason");
                           reply.refusal = Refusal{409, "CONFLICT", "reload: not now", "", 0};
                           return reply;
                         })
                    .ok());
    EXPECT_FALSE(routes.add(Method::kPost, "/_composable/reload", nullptr).ok());
    admin_ = std::make_unique<AdminListener>(AdminParts{&clock_, &rng_, nullptr}, options_,
                                             std::move(routes));
    return admin_->start();
  }
  std::string ask_unix(std::string_view request) {
    RawClient c(admin_->socket_path());
    c.send(request);
    return c.response();
  }
  std::string ask_tcp(std::string_view authorization) {
    RawClient c(admin_->tcp_port());
    c.send("GET /_composable/domains/orders HTTP/1.1\r\nHost: x\r\n" + std::string(authorization) +
           "\r\n");
    return c.response();
  }
  std::string token() {
    std::ifstream file(directory_ + "/admin.token");
    std::string line;
    std::getline(file, line);
    return line;
  }

  std::string directory_;
  SystemClock clock_;
  SystemRng rng_;
  AdminOptions options_;
  std::unique_ptr<AdminListener> admin_;
};

TEST_F(AdminListenerTest, ServesItsRoutesOnTheUnixSocket) {
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(body_of(ask_unix("GET /_composable/domains/a%20b HTTP/1.1\r\nHost: x\r\n\r\n")),
            R"({"name":"a b"})");
  EXPECT_EQ(message_of(ask_unix("POST /_composable/reload HTTP/1.1\r\nHost: x\r\n\r\n")),
            "reload: not now");
  EXPECT_EQ(status_of(ask_unix("GET /_composable/nothing HTTP/1.1\r\nHost: x\r\n\r\n")), 404);
  const std::string wrong = ask_unix("GET /_composable/reload HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(status_of(wrong), 405);
  EXPECT_EQ(header_of(wrong, "allow"), "POST");
}

TEST_F(AdminListenerTest, AHandlerThatThrowsIsA500) {
  ASSERT_TRUE(start().ok());
  const std::string text =
      ask_unix("POST /_composable/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nthrow");
  EXPECT_EQ(status_of(text), 500);
  EXPECT_EQ(message_of(text), "An internal error occurred");
}

TEST_F(AdminListenerTest, TakesItsSocketAway) {
  ASSERT_TRUE(start().ok());
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/admin.sock"));
  admin_.reset();
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/admin.sock"));
}

TEST_F(AdminListenerTest, TcpNeedsTheToken) {
  options_.tcp = ListenAddress{"127.0.0.1", 0};
  ASSERT_TRUE(start().ok());
  const std::string secret = token();
  EXPECT_EQ(secret.size(), 64u);
  EXPECT_EQ(status_of(ask_tcp("Authorization: Bearer " + secret + "\r\n")), 200);
  EXPECT_EQ(status_of(ask_tcp("Authorization: bearer " + secret + "\r\n")), 200);
  for (const std::string& bad :
       {std::string(), std::string("Authorization: Bearer \r\n"),
        "Authorization: Bearer " + secret.substr(1) + "\r\n",
        "Authorization: Bearer " + secret + "0\r\n", "Authorization: Basic " + secret + "\r\n",
        "Authorization: " + secret + "\r\n"}) {
    const std::string text = ask_tcp(bad);
    EXPECT_EQ(status_of(text), 401) << bad;
    EXPECT_EQ(header_of(text, "www-authenticate"), "Bearer");
    EXPECT_EQ(text.find(secret), text.npos);
  }
  EXPECT_EQ(status_of(ask_unix("GET /_composable/domains/x HTTP/1.1\r\nHost: x\r\n\r\n")), 200)
      << "a client that can open the socket is trusted";
}

TEST_F(AdminListenerTest, KeepsItsToken) {
  options_.tcp = ListenAddress{"127.0.0.1", 0};
  ASSERT_TRUE(start().ok());
  const std::string first = token();
  admin_.reset();
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(token(), first);
  struct stat info {};
  stat((directory_ + "/admin.token").c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AdminListenerTest, RefusesATokenThatOthersMayRead) {
  const std::string path = directory_ + "/admin.token";
  std::ofstream(path) << std::string(64, 'a') << "\n";
  chmod(path.c_str(), 0644);
  EXPECT_EQ(read_or_create_token(path).status().message(),
            path +
                ": mode 0644 lets others use the admin token; chmod 600 it, or remove it for a "
                "new one");
  chmod(path.c_str(), 0600);
  EXPECT_EQ(read_or_create_token(path).value(), std::string(64, 'a'));
  std::ofstream(path) << "short\n";
  EXPECT_EQ(read_or_create_token(path).status().message(),
            path +
                ": an admin token is one line of at least 32 characters; remove the file for a "
                "new one");
}

// None of these may keep the start waiting.
TEST_F(AdminListenerTest, RefusesATokenThatIsNoFile) {
  const std::string path = directory_ + "/admin.token";
  const auto refusal = [&] { return std::string(read_or_create_token(path).status().message()); };
  const auto said = [&](std::string_view found) {
    return path + ": expected a file with the admin token, found " + std::string(found) +
           "; remove it, and a new token is made";
  };
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(refusal(), said("a pipe"));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_EQ(refusal(), said("a directory"));
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/dev/null", path);
  EXPECT_EQ(refusal(), said("a symbolic link"));
  std::filesystem::remove(path);
  EXPECT_EQ(read_or_create_token(directory_ + "/none/admin.token").status().message(),
            directory_ +
                "/none/admin.token: cannot create: No such file or directory; check the data "
                "directory, its rights and the room on its disk");
}

}  // namespace
}  // namespace composable::host
