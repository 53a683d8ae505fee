// Counts what a loop thread allocates while it answers: nothing, once its buffers have grown.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "net/test_server.hpp"

namespace {
std::atomic<int> allocations{0};

void* counted(std::size_t size) {
  if (composable::host::Loop::current() != nullptr) allocations.fetch_add(1);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace composable::host {
namespace {

using HttpAllocationTest = TestServer;

int allocations_of(RawClient& client, std::string_view request) {
  for (int i = 0; i < 50; ++i) {
    client.send(request);
    EXPECT_EQ(status_of(client.response()), 200);
  }
  allocations = 0;
  for (int i = 0; i < 500; ++i) {
    client.send(request);
    client.response();
  }
  return allocations;
}

TEST_F(HttpAllocationTest, AGetAllocatesNothing) {
  RawClient c = client();
  EXPECT_EQ(allocations_of(c,
                           "GET /api/v1/test/hello?a=1 HTTP/1.1\r\nHost: localhost\r\n"
                           "User-Agent: test\r\nAccept: */*\r\n\r\n"),
            0);
}

TEST_F(HttpAllocationTest, APostAllocatesNothing) {
  RawClient c = client();
  EXPECT_EQ(allocations_of(c,
                           "POST /api/v1/test/echo HTTP/1.1\r\nHost: localhost\r\n"
                           "Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"),
            0);
}

TEST_F(HttpAllocationTest, TheCounterCounts) {
  add(Method::kGet, "/wasteful",
      [](auto&, RouteReply& reply) { answer_with(reply, std::string(1000, 'x')); });
  RawClient c = client();
  EXPECT_GE(allocations_of(c, "GET /api/v1/test/wasteful HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            500);
}

}  // namespace
}  // namespace composable::host
