// What every transport promises. Each further one is put into Transports below.
#include "net/transport.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/plain_transport.hpp"

namespace composable::host {
namespace {

using Status = IoResult::Status;

class RecordingListener final : public TransportListener {
 public:
  void on_read(IoResult result) override {
    reads.push_back(result);
    if (then) then();
  }
  void on_writable() override {
    ++writables;
    if (then) then();
  }
  std::vector<IoResult> reads;
  int writables = 0;
  std::function<void()> then;
};

// A transport and, at the other end, a blocking descriptor.
class TransportTest : public testing::Test {
 protected:
  TransportTest() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    peer_ = ends[0];
    StreamSocket socket(io_);
    socket.assign(StreamProtocol(AF_UNIX, 0), ends[1]);
    transport_ = std::make_unique<PlainTransport>(std::move(socket), AF_UNIX);
    transport_->set_listener(listener_);
  }
  ~TransportTest() override { close_peer(); }

  void close_peer() {
    if (peer_ >= 0) ::close(peer_);
    peer_ = -1;
  }
  void say(std::string_view text) {
    EXPECT_EQ(::send(peer_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // Empty: the other side has ended.
  std::string receive() {
    char bytes[65536];
    const ssize_t n = ::recv(peer_, bytes, sizeof bytes, 0);
    return n <= 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(n));
  }
  void turn() {
    io_.restart();
    io_.poll();
  }
  IoResult write(std::string_view text) {
    const iovec piece = {const_cast<char*>(text.data()), text.size()};
    return transport_->write_some({&piece, 1});
  }

  asio::io_context io_;
  RecordingListener listener_;
  std::unique_ptr<Transport> transport_;
  int peer_ = -1;
  char into_[16] = {};
};

TEST_F(TransportTest, ReadsWhatIsThere) {
  EXPECT_EQ(transport_->read_some(into_).status, Status::kWouldBlock);
  say("hello");
  const IoResult result = transport_->read_some(into_);
  EXPECT_EQ(result.status, Status::kDone);
  EXPECT_EQ(std::string_view(into_, result.bytes), "hello");
  EXPECT_EQ(transport_->read_some(into_).status, Status::kWouldBlock);
  close_peer();
  EXPECT_EQ(transport_->read_some(into_).status, Status::kEnd);
}

TEST_F(TransportTest, TellsWhenThereIsSomethingToRead) {
  transport_->read_when_ready(into_);
  turn();
  EXPECT_TRUE(listener_.reads.empty());
  say("hello");
  turn();
  ASSERT_EQ(listener_.reads.size(), 1u);
  EXPECT_EQ(listener_.reads[0].status, Status::kDone);
  EXPECT_EQ(std::string_view(into_, listener_.reads[0].bytes), "hello");
}

TEST_F(TransportTest, TellsOfWhatWasThereBeforeButNotFromWithinTheCall) {
  say("hello");
  transport_->read_when_ready(into_);
  EXPECT_TRUE(listener_.reads.empty());
  turn();
  ASSERT_EQ(listener_.reads.size(), 1u);
  EXPECT_EQ(listener_.reads[0].bytes, 5u);
}

TEST_F(TransportTest, TellsTheEndAfterAllBytes) {
  say("hello");
  ::shutdown(peer_, SHUT_WR);
  for (std::size_t i = 0; i < 2; ++i) {
    transport_->read_when_ready(into_);
    turn();
    ASSERT_EQ(listener_.reads.size(), i + 1);
  }
  EXPECT_EQ(listener_.reads[0].status, Status::kDone);
  EXPECT_EQ(listener_.reads[1].status, Status::kEnd);
}

TEST_F(TransportTest, WritesPieces) {
  std::string a = "hel", b = "lo";
  const iovec pieces[] = {{a.data(), a.size()}, {b.data(), b.size()}};
  EXPECT_EQ(transport_->write_some(pieces).bytes, 5u);
  EXPECT_EQ(receive(), "hello");
}

TEST_F(TransportTest, TakesAPartAndTellsWhenThereIsRoomAgain) {
  const std::string much(8 << 20, 'x');
  const IoResult first = write(much);
  EXPECT_EQ(first.status, Status::kDone);
  ASSERT_LT(first.bytes, much.size());
  while (write(much).status == Status::kDone) {
  }
  EXPECT_EQ(write(much).status, Status::kWouldBlock);
  transport_->when_writable();
  turn();
  EXPECT_EQ(listener_.writables, 0);
  for (std::size_t received = 0; received < first.bytes;) received += receive().size();
  turn();
  EXPECT_EQ(listener_.writables, 1);
  EXPECT_EQ(write("x").status, Status::kDone);
}

TEST_F(TransportTest, AWriteToNobodyIsBroken) {
  close_peer();
  EXPECT_EQ(write("x").status, Status::kBroken);
}

TEST_F(TransportTest, ReadsOnAfterItHasFinishedSending) {
  write("bye");
  transport_->shut_down_sending();
  EXPECT_EQ(receive(), "bye");
  EXPECT_EQ(receive(), "");
  say("hello");
  EXPECT_EQ(transport_->read_some(into_).bytes, 5u);
}

TEST_F(TransportTest, TellsNothingAfterAClose) {
  transport_->read_when_ready(into_);
  transport_->when_writable();
  say("hello");
  transport_->close();
  transport_->close();
  turn();
  EXPECT_TRUE(listener_.reads.empty());
  EXPECT_EQ(listener_.writables, 0);
  EXPECT_EQ(into_[0], '\0');
  EXPECT_EQ(receive(), "");
}

TEST_F(TransportTest, TellsNothingAfterItsEnd) {
  transport_->read_when_ready(into_);
  say("hello");
  transport_.reset();
  turn();
  EXPECT_TRUE(listener_.reads.empty());
}

TEST_F(TransportTest, MayEndWhileItTells) {
  listener_.then = [this] { transport_.reset(); };
  transport_->when_writable();
  transport_->read_when_ready(into_);
  say("hello");
  turn();
  EXPECT_EQ(listener_.reads.size() + static_cast<std::size_t>(listener_.writables), 1u);
}

TEST_F(TransportTest, TellsTheListenerThatCameLast) {
  RecordingListener other;
  say("hello");
  transport_->set_listener(other);
  transport_->read_when_ready(into_);
  turn();
  EXPECT_TRUE(listener_.reads.empty());
  EXPECT_EQ(other.reads.size(), 1u);
  transport_.reset();
}

}  // namespace
}  // namespace composable::host
