// Records what processes do to the files of one folder, for tests that cut the power.
//
// Loaded with LD_PRELOAD. RECORDER_FOLDER is the folder (what lies in folders below it is not
// recorded), RECORDER_LOG the file that operations are appended to. An operation and its record are
// one step under a flock on the log, so that records stand in the order in which things happened,
// and a test that holds that lock can kill a process between two operations.
//
// Stores to mapped memory are not seen. See FileOperation.swift for the reader of the log.
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum operation { CREATE = 1, WRITE, RESIZE, SYNC, RENAME, UNLINK, SYNC_FOLDER };

struct record {
  uint64_t operation, file, offset, name_length, length;
};

enum { DESCRIPTORS = 65536 };
enum watched { NOTHING, A_FILE, THE_FOLDER };

static char folder[PATH_MAX];
static int log_file = -1;
static unsigned char watched[DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
  void *function = dlsym(RTLD_NEXT, name);
  if (!function) abort();
  return function;
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("RECORDER_FOLDER"), *log = getenv("RECORDER_LOG");
  if (!path || !log || !realpath(path, folder)) return;
  log_file = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void begin(void) {
  pthread_mutex_lock(&lock);
  while (flock(log_file, LOCK_EX) != 0 && errno == EINTR) {}
}

static void end(void) {
  int before = errno;
  flock(log_file, LOCK_UN);
  pthread_mutex_unlock(&lock);
  errno = before;
}

// A record that is missing would make every later state wrong, so it ends the process.
static void append(struct record record, const char *name, const void *bytes) {
  int before = errno;
  struct iovec parts[] = {
    {&record, sizeof record},
    {(void *)name, record.name_length},
    {(void *)bytes, bytes ? record.length : 0},
  };
  ssize_t size = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
  if (writev(log_file, parts, 3) != size) abort();
  errno = before;
}

static uint64_t file_of(int descriptor) {
  struct stat information;
  return fstat(descriptor, &information) == 0 ? information.st_ino : 0;
}

static enum watched kind(int descriptor) {
  return descriptor >= 0 && descriptor < DESCRIPTORS ? watched[descriptor] : NOTHING;
}

// The name in the folder that a path leads to, or NULL where it leads elsewhere.
static const char *name_in_folder(const char *path) {
  char parent[PATH_MAX], found[PATH_MAX];
  if (log_file < 0 || strlen(path) >= PATH_MAX) return NULL;
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t length = slash ? (size_t)(slash - path) : 1;
  memcpy(parent, slash ? path : ".", length);
  parent[length] = 0;
  if (!realpath(length ? parent : "/", found) || strcmp(found, folder) != 0) return NULL;
  return name;
}

static int leads_to_folder(const char *path) {
  char found[PATH_MAX];
  return log_file >= 0 && realpath(path, found) && strcmp(found, folder) == 0;
}

static int record_open(const char *path, int flags, mode_t mode) {
  int before = errno;
  const char *name = name_in_folder(path);
  int is_folder = !name && leads_to_folder(path);
  errno = before;
  if (!name && !is_folder) return REAL(open)(path, flags, mode);
  begin();
  int was_there = access(path, F_OK) == 0;
  int descriptor = REAL(open)(path, flags, mode);
  if (descriptor >= 0 && descriptor < DESCRIPTORS) {
    watched[descriptor] = is_folder ? THE_FOLDER : A_FILE;
    struct record record = {CREATE, file_of(descriptor), 0, name ? strlen(name) : 0, 0};
    if (name && !was_there) append(record, name, NULL);
    record.operation = RESIZE;
    record.name_length = 0;
    if (was_there && (flags & O_TRUNC)) append(record, NULL, NULL);
  }
  end();
  return descriptor;
}

#define OPEN(function)                                          \
  int function(const char *path, int flags, ...) {              \
    va_list rest;                                               \
    va_start(rest, flags);                                      \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;   \
    va_end(rest);                                               \
    return record_open(path, flags, mode);                      \
  }
OPEN(open)
OPEN(open64)

int close(int descriptor) {
  if (kind(descriptor) == NOTHING) return REAL(close)(descriptor);
  begin();
  watched[descriptor] = NOTHING;
  int result = REAL(close)(descriptor);
  end();
  return result;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (kind(descriptor) != A_FILE) return REAL(write)(descriptor, bytes, count);
  begin();
  ssize_t written = REAL(write)(descriptor, bytes, count);
  if (written > 0) {
    // With O_APPEND the place is known only afterwards.
    uint64_t start = lseek(descriptor, 0, SEEK_CUR) - written;
    append((struct record){WRITE, file_of(descriptor), start, 0, written}, NULL, bytes);
  }
  end();
  return written;
}

static ssize_t record_pwrite(int descriptor, const void *bytes, size_t count, off_t start) {
  if (kind(descriptor) != A_FILE) return REAL(pwrite)(descriptor, bytes, count, start);
  begin();
  ssize_t written = REAL(pwrite)(descriptor, bytes, count, start);
  if (written > 0) {
    append((struct record){WRITE, file_of(descriptor), start, 0, written}, NULL, bytes);
  }
  end();
  return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t start) {
  return record_pwrite(descriptor, bytes, count, start);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t start) {
  return record_pwrite(descriptor, bytes, count, start);
}

static int record_truncate(int descriptor, off_t size) {
  if (kind(descriptor) != A_FILE) return REAL(ftruncate)(descriptor, size);
  begin();
  int result = REAL(ftruncate)(descriptor, size);
  if (result == 0) append((struct record){RESIZE, file_of(descriptor), 0, 0, size}, NULL, NULL);
  end();
  return result;
}

int ftruncate(int descriptor, off_t size) { return record_truncate(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return record_truncate(descriptor, size); }

int posix_fallocate(int descriptor, off_t start, off_t count) {
  if (kind(descriptor) != A_FILE) return REAL(posix_fallocate)(descriptor, start, count);
  begin();
  int result = REAL(posix_fallocate)(descriptor, start, count);
  struct stat information;
  if (result == 0 && fstat(descriptor, &information) == 0) {
    struct record record = {RESIZE, information.st_ino, 0, 0, information.st_size};
    append(record, NULL, NULL);
  }
  end();
  return result;
}

static int record_sync(int descriptor, int (*sync)(int)) {
  if (kind(descriptor) == NOTHING) return sync(descriptor);
  begin();
  int result = sync(descriptor);
  enum operation operation = kind(descriptor) == A_FILE ? SYNC : SYNC_FOLDER;
  if (result == 0) append((struct record){operation, file_of(descriptor), 0, 0, 0}, NULL, NULL);
  end();
  return result;
}

int fsync(int descriptor) { return record_sync(descriptor, REAL(fsync)); }
int fdatasync(int descriptor) { return record_sync(descriptor, REAL(fdatasync)); }

// Both names, with a zero between them.
static void record_rename(const char *old, const char *new) {
  char names[2 * NAME_MAX + 2];
  size_t length = strlen(old) + 1 + strlen(new);
  if (length > sizeof names) abort();
  memcpy(names, old, strlen(old) + 1);
  memcpy(names + strlen(old) + 1, new, strlen(new));
  append((struct record){RENAME, 0, 0, length, 0}, names, NULL);
}

int rename(const char *from, const char *to) {
  const char *old = name_in_folder(from), *new = name_in_folder(to);
  if (!old || !new) return REAL(rename)(from, to);
  begin();
  int result = REAL(rename)(from, to);
  if (result == 0) record_rename(old, new);
  end();
  return result;
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to,
              unsigned int flags) {
  const char *old = name_in_folder(from), *new = name_in_folder(to);
  bool is_ours = from_folder == AT_FDCWD && to_folder == AT_FDCWD && old && new;
  if (!is_ours) return REAL(renameat2)(from_folder, from, to_folder, to, flags);
  begin();
  int result = REAL(renameat2)(from_folder, from, to_folder, to, flags);
  if (result == 0) record_rename(old, new);
  end();
  return result;
}

int unlink(const char *path) {
  const char *name = name_in_folder(path);
  if (!name) return REAL(unlink)(path);
  begin();
  int result = REAL(unlink)(path);
  if (result == 0) append((struct record){UNLINK, 0, 0, strlen(name), 0}, name, NULL);
  end();
  return result;
}
