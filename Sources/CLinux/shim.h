#pragma once
// What Glibc defines is Glibc's: without this its types could be taken for this module's, by the
// order in which files are compiled.
#pragma clang module import SwiftGlibc
#include <fcntl.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/vfs.h>
#include <unistd.h>

// prctl is variadic, which Swift cannot import.
static inline int nightjar_set_not_dumpable(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
static inline int nightjar_is_dumpable(void) {
  return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

// fcntl is variadic, which Swift cannot import.
static inline int nightjar_get_lock(int descriptor, struct flock *lock) {
  return fcntl(descriptor, F_GETLK, lock);
}

// syscall is variadic, which Swift cannot import; the C library has had a function of its own only
// since 2.36.
static inline int nightjar_process(pid_t process) {
  return (int)syscall(SYS_pidfd_open, process, 0);
}

// ioctl is variadic, which Swift cannot import. The width of a terminal in characters; 0 for none.
static inline int nightjar_columns(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// The system's headers show these only to programs that ask for GNU extensions.
extern void *memmem(const void *haystack, size_t length, const void *needle, size_t count);
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int first);
// O_PATH, of the kernel's <asm-generic/fcntl.h>.
static const int nightjar_path_only = 010000000;
// O_TMPFILE, of the same.
static const int nightjar_no_name = 020000000 | O_DIRECTORY;
extern int renameat2(int old_folder, const char *old, int new_folder, const char *new_name,
                     unsigned int flags);
// RENAME_NOREPLACE, of the kernel's <linux/fs.h>.
static const unsigned int nightjar_rename_noreplace = 1;
