/* Memory is wiped when it is freed, in the whole process.
 *
 * A key passes through buffers of libcurl, nghttp2, libcrypto and the Swift runtime, which free
 * them as they are: after a connection has closed, two or three copies of the key are left. An
 * executable's own free() and realloc() take the place of glibc's in every library it loads, so
 * these two functions reach them all. The stack and the registers are out of their reach.
 *
 * Only linked into the program. Left out under sanitizers, which bring allocators of their own,
 * and where the C library is not glibc. */
#define _GNU_SOURCE
#include "CWipe.h"
#include <features.h>

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer) || !defined(__GLIBC__)

bool wipes_on_free(void) { return false; }

#else

#include <dlfcn.h>
#include <malloc.h>
#include <stddef.h>
#include <string.h>

/* glibc's own, under the names that it exports for programs that replace the usual ones. */
extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

/* Whether a block has pages of its own: glibc keeps this bit in the word before each block. They go
 * back to the kernel, which hands out no page unwiped, and growing moves them without copying. */
static inline bool is_mapped(const void *memory) {
  return ((const size_t *)memory)[-1] & 2;
}

/* Bytes that a block holds which has no pages of its own: its size stands in the same word, and the
 * last eight bytes of it are the word before the next block. */
static inline size_t room_of(const void *memory) {
  return (((const size_t *)memory)[-1] & ~(size_t)7) - sizeof(size_t);
}

/* Only what is not zero already is written: a library asks for far larger buffers than it fills, and
 * pages that nobody has touched take no memory as long as they are only read. */
static void wipe_large(char *memory, size_t size) {
  enum { part = 4096 };
  for (size_t start = 0; start < size; start += part) {
    size_t count = size - start < part ? size - start : part;
    const size_t *word = (const size_t *)(memory + start);
    size_t left = count / sizeof *word, bits = 0;
    for (; left >= 8; left -= 8, word += 8) {
      bits = word[0] | word[1] | word[2] | word[3] | word[4] | word[5] | word[6] | word[7];
      if (bits) break;
    }
    while (!bits && left--) bits |= *word++;
    if (bits) explicit_bzero(memory + start, count);
  }
}

/* Most blocks are small: a few stores cost less than a call, which the attribute keeps out. */
__attribute__((no_builtin("memset"))) static inline void wipe(void *memory, size_t size) {
  if (size > 4096) {
    wipe_large(memory, size);
  } else if (size > 128) {
    explicit_bzero(memory, size);
  } else {
    size_t *word = memory, *end = word + size / sizeof *word;
    while (word < end) *word++ = 0;
    /* Otherwise the stores could be left out, since nobody reads what they wrote. */
    __asm__ volatile("" : : "r"(memory) : "memory");
  }
}

void free(void *memory) {
  if (memory && !is_mapped(memory)) wipe(memory, room_of(memory));
  __libc_free(memory);
}

void *realloc(void *memory, size_t size) {
  if (!memory || is_mapped(memory)) return __libc_realloc(memory, size);
  size_t room = room_of(memory);
  if (size <= room) {
    /* Shrinks in place, or frees where the size is 0. */
    explicit_bzero((char *)memory + size, room - size);
    return __libc_realloc(memory, size);
  }
  void *larger = __libc_malloc(size);
  if (!larger) return NULL;
  memcpy(larger, memory, room);
  free(memory);
  return larger;
}

/* Blocks from a megabyte on always have pages of their own. By itself glibc would keep them on its
 * heaps once a few have been freed, where they leave holes, and would have to be wiped by us. */
__attribute__((constructor)) static void keep_large_blocks_apart(void) {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

bool wipes_on_free(void) {
  return dlsym(RTLD_DEFAULT, "free") == (void *)free;
}

#endif
