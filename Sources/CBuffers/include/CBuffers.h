#pragma once
#include <stddef.h>

/* Memory for libcurl, as curl_global_init_mem() takes it. */
void *buffers_malloc(size_t size);
void buffers_free(void *memory);
void *buffers_realloc(void *memory, size_t size);
char *buffers_strdup(const char *text);
void *buffers_calloc(size_t count, size_t size);
