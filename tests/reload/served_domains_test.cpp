// The domains that are served, by number, name and file.
#include "reload_fixture.hpp"

namespace composable::host {
namespace {

class ServedDomainsTest : public ReloadTest {};

TEST_F(ServedDomainsTest, AreFoundByNameAndByFile) {
  adopt("first");
  adopt("other", "b.so");
  const auto list = served_.list();
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ(ServedDomains::find(*list, "other"), &(*list)[1]);
  EXPECT_EQ(ServedDomains::find(*list, "nobody"), nullptr);
  EXPECT_EQ(ServedDomains::find_file(*list, plugins_ / "tally.so"), &(*list)[0]);
  EXPECT_EQ(ServedDomains::find_file(*list, plugins_ / "nothing.so"), nullptr);
}

TEST_F(ServedDomainsTest, ANumberThatIsNotInUseIsNobody) {
  adopt("first");
  served_.set({ServedDomain{}, served_.list()->front()});
  const auto list = served_.list();
  EXPECT_EQ(ServedDomains::find(*list, "tally"), &(*list)[1]);
  EXPECT_EQ(ServedDomains::find_file(*list, plugins_ / "tally.so"), &(*list)[1]);
}

TEST_F(ServedDomainsTest, WhoLooksKeepsWhatWasThere) {
  adopt("first");
  const auto before = served_.list();
  served_.set({});
  EXPECT_EQ(before->size(), 1u);
  EXPECT_TRUE(served_.list()->empty());
}

}  // namespace
}  // namespace composable::host
