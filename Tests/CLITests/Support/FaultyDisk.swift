import Foundation
import Glibc
import TestSupport

/// A disk that fails at will: a library that stands between a program and the system's calls.
struct FaultyDisk {
  /// What goes wrong.
  struct Fault {
    enum Call: String {
      /// fsync(2) and fdatasync(2).
      case sync
      /// write(2) and pwrite(2).
      case write
    }

    var call: Call
    /// How the name of the file ends; only files in the folder `disk` have faults.
    var file = ""
    /// Which of the calls fails, counted from 1.
    var number: Int
    var error = EIO
    /// Whether all calls after it fail too.
    var isLasting = false
  }

  static let isPossible = Tool.find("cc") != nil

  private let folder: Scratch
  private static let library = "faulty-disk.so"
  private static let mark = "fault-happened"

  init(in folder: Scratch) throws {
    self.folder = folder
    try folder.write("faulty-disk.c", Self.source)
    try folder.write("disk/empty", "")
    try Tool.run(
      "cc",
      [
        "-shared", "-fPIC", "-O1", "-o", folder.path(of: Self.library),
        folder.path(of: "faulty-disk.c"), "-ldl",
      ]
    )
  }

  /// Runs `nightjar` to its end on a disk with this fault.
  func nightjar(_ arguments: [String], _ fault: Fault) throws -> Program.Ending {
    try? FileManager.default.removeItem(atPath: folder.path(of: Self.mark))
    return try folder.nightjar(
      arguments,
      environment: [
        "LD_PRELOAD": folder.path(of: Self.library), "FAULT_CALL": fault.call.rawValue,
        "FAULT_FOLDER": folder.path(of: "disk"), "FAULT_FILE": fault.file,
        "FAULT_NUMBER": "\(fault.number)",
        "FAULT_ERROR": "\(fault.error)", "FAULT_LASTING": fault.isLasting ? "1" : "0",
        "FAULT_MARK": folder.path(of: Self.mark),
      ]
    )
  }

  /// True when the last run met its fault.
  var hasFailed: Bool { folder.exists(Self.mark) }

  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <limits.h>
    #include <stdatomic.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static atomic_int calls;

    static int fails(const char *call, int descriptor) {
      const char *wanted = getenv("FAULT_CALL"), *file = getenv("FAULT_FILE");
      const char *folder = getenv("FAULT_FOLDER");
      if (!wanted || !file || !folder || strcmp(wanted, call) != 0) return 0;
      char link[64], path[PATH_MAX];
      snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
      ssize_t length = readlink(link, path, sizeof path - 1), end = strlen(file);
      if (length < end) return 0;
      path[length] = 0;
      if (strncmp(path, folder, strlen(folder)) != 0) return 0;
      if (strcmp(path + length - end, file) != 0) return 0;
      int number = atoi(getenv("FAULT_NUMBER")), count = atomic_fetch_add(&calls, 1) + 1;
      if (count != number && !(count > number && atoi(getenv("FAULT_LASTING")))) return 0;
      close(open(getenv("FAULT_MARK"), O_CREAT | O_WRONLY, 0600));
      errno = atoi(getenv("FAULT_ERROR"));
      return 1;
    }

    #define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

    int fsync(int d) { REAL(fsync); return fails("sync", d) ? -1 : real(d); }
    int fdatasync(int d) { REAL(fdatasync); return fails("sync", d) ? -1 : real(d); }
    ssize_t write(int d, const void *b, size_t n) {
      REAL(write); return fails("write", d) ? -1 : real(d, b, n);
    }
    ssize_t pwrite(int d, const void *b, size_t n, off_t o) {
      REAL(pwrite); return fails("write", d) ? -1 : real(d, b, n, o);
    }
    ssize_t pwrite64(int d, const void *b, size_t n, off64_t o) {
      REAL(pwrite64); return fails("write", d) ? -1 : real(d, b, n, o);
    }
    """
}
