// What a host core does around kernels: sorting, a checksum, address arithmetic with products, calls. For the speed of
// a hart: no accelerator, no library. `scale` times some 46,000 instructions.
typedef unsigned long word;

enum { length = 256, scale = 400 };
static unsigned values[length];

static void fill(word seed) {
  for (int i = 0; i < length; i++) {
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    values[i] = seed >> 33;
  }
}

static void sift_down(int root, int end) {
  for (int child; (child = 2 * root + 1) < end; root = child) {
    if (child + 1 < end && values[child] < values[child + 1]) child++;
    if (values[root] >= values[child]) return;
    const unsigned value = values[root];
    values[root] = values[child];
    values[child] = value;
  }
}

static void sort(void) {
  for (int i = length / 2; i-- > 0;) sift_down(i, length);
  for (int end = length; --end > 0;) {
    const unsigned value = values[0];
    values[0] = values[end];
    values[end] = value;
    sift_down(0, end);
  }
}

static word checksum(void) {
  word sum = 0;
  for (int row = 0; row < 16; row++)
    for (int column = 0; column < 16; column++) sum = sum * 31 + values[row * 16 + column];
  return sum;
}

int main(void) {
  word sum = 0;
  for (int i = 0; i < scale; i++) {
    fill(i);
    sort();
    sum += checksum();
  }
  for (int i = 1; i < length; i++)
    if (values[i - 1] > values[i]) return 1;
  return sum == 0;
}
