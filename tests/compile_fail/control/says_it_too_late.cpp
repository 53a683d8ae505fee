// expect: this is the sentence
template <class T>
struct A {
  static_assert(sizeof(T) == 0, "this is the sentence");
};
template <class T>
struct B : A<T> {};
template <class T>
struct C : B<T> {};
template <class T>
struct D : C<T> {};
D<int> d;
