/* Recursion without an end. */
#include <stdio.h>

static volatile int depth_to_reach = -1;

static int descend(int depth) {
  volatile int frame[16] = {depth};
  if (depth == depth_to_reach) return depth;
  return descend(depth + 1) + frame[0];
}

int main(void) {
  printf("descending\n");
  printf("reached %d\n", descend(0));
  return 0;
}
