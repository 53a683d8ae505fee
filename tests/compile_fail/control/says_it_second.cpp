// expect: this is the sentence
static_assert(sizeof(int) == 0, "another one");
static_assert(sizeof(int) == 1, "between");
static_assert(sizeof(int) == 2, "this is the sentence");
