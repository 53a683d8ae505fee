// expect: no such sentence
int main() { return undeclared_name; }
