// expect: this is the sentence
// names: shop::Paid
static_assert(sizeof(int) == 0, "this is the sentence");
