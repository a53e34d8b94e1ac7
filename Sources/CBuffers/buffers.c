/* Keeps the buffers of libcurl's transfers apart from everything else.
 *
 * Every transfer under way holds a buffer for what it receives and one for what it sends, of which it
 * mostly fills a few hundred bytes. Among the blocks of malloc each of their pages is sooner or later
 * touched by something smaller, and thousands of transfers then hold tens of kilobytes each. Here a
 * buffer has pages of its own, and those that nobody ever touched take no memory. The buffer that was
 * given back last is handed out first. Everything of other sizes is malloc's. */
#define _GNU_SOURCE
#include "CBuffers.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
  page = 4096,
  smallest = page,  /* anything up to this is left to malloc */
  largest = 5 * page,
  regionBits = 22,
  mostRegions = 4096, /* 16 GB; what needs more gets it from malloc */
};

typedef struct Buffer {
  struct Buffer *next;
} Buffer;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* By size in pages. The link of a buffer that nobody has stands in its first page. */
static Buffer *unused[largest / page + 1];
/* The pages of a region's buffers, by the region's place in the address space; 0 where there is none. */
static struct {
  uintptr_t place;
  size_t pages;
} regions[mostRegions];
static size_t regionCount;

static size_t slot_of(uintptr_t place) {
  size_t slot = place % mostRegions;
  while (regions[slot].place && regions[slot].place != place) slot = (slot + 1) % mostRegions;
  return slot;
}

/* How many pages a buffer has; 0 for memory that is malloc's, which begins at the start of a page only
 * by chance. Called under the lock. */
static size_t pages_of(const void *memory) {
  return regions[slot_of((uintptr_t)memory >> regionBits)].pages;
}

static bool begins_page(const void *memory) { return ((uintptr_t)memory & (page - 1)) == 0; }

static void add_region(size_t pages) {
  const size_t size = (size_t)1 << regionBits;
  if (regionCount >= mostRegions / 2) return;
  char *start = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return;
  char *region = (char *)(((uintptr_t)start + size - 1) & ~(size - 1));
  if (region > start) munmap(start, (size_t)(region - start));
  munmap(region + size, (size_t)(start + size - region));
  size_t slot = slot_of((uintptr_t)region >> regionBits);
  regions[slot].place = (uintptr_t)region >> regionBits;
  regions[slot].pages = pages;
  regionCount++;
  for (size_t end = size / page / pages * pages; end > 0; end -= pages) {
    Buffer *buffer = (Buffer *)(region + (end - pages) * page);
    buffer->next = unused[pages];
    unused[pages] = buffer;
  }
}

void *buffers_malloc(size_t size) {
  if (size <= smallest || size > largest) return malloc(size);
  size_t pages = (size + page - 1) / page;
  pthread_mutex_lock(&lock);
  if (!unused[pages]) add_region(pages);
  Buffer *buffer = unused[pages];
  if (buffer) unused[pages] = buffer->next;
  pthread_mutex_unlock(&lock);
  return buffer ? buffer : malloc(size);
}

/* Wipes the pages that are not zero; reading one that nobody has touched makes it take no memory. */
static void wipe(char *buffer, size_t pages) {
  for (char *end = buffer + pages * page; buffer < end; buffer += page) {
    const uint64_t *words = (const uint64_t *)buffer;
    uint64_t bits = 0;
    for (size_t i = 0; i < page / sizeof *words && !bits; i += 8)
      bits = words[i] | words[i + 1] | words[i + 2] | words[i + 3] | words[i + 4] | words[i + 5] |
             words[i + 6] | words[i + 7];
    if (bits) explicit_bzero(buffer, page);
  }
}

void buffers_free(void *memory) {
  if (!memory || !begins_page(memory)) return free(memory);
  pthread_mutex_lock(&lock);
  size_t pages = pages_of(memory);
  pthread_mutex_unlock(&lock);
  if (!pages) return free(memory);
  wipe(memory, pages);
  Buffer *buffer = memory;
  pthread_mutex_lock(&lock);
  buffer->next = unused[pages];
  unused[pages] = buffer;
  pthread_mutex_unlock(&lock);
}

void *buffers_realloc(void *memory, size_t size) {
  if (!memory || !begins_page(memory)) return realloc(memory, size);
  pthread_mutex_lock(&lock);
  size_t pages = pages_of(memory);
  pthread_mutex_unlock(&lock);
  if (!pages) return realloc(memory, size);
  void *moved = buffers_malloc(size);
  if (!moved) return NULL;
  memcpy(moved, memory, size < pages * page ? size : pages * page);
  buffers_free(memory);
  return moved;
}

char *buffers_strdup(const char *text) { return strdup(text); }

void *buffers_calloc(size_t count, size_t size) { return calloc(count, size); }
