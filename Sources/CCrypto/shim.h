#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

// The secure heap's functions are macros that add file and line, which Swift cannot import.
static inline void *nightjar_secure_malloc(size_t count) { return OPENSSL_secure_malloc(count); }
static inline void *nightjar_malloc(size_t count) { return OPENSSL_malloc(count); }
static inline void nightjar_secure_clear_free(void *base, size_t count) {
  OPENSSL_secure_clear_free(base, count);
}
