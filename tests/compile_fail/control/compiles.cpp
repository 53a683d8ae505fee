// expect: anything
int this_compiles();
