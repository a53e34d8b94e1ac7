import Glibc
import Synchronization

/// Which requests are on their way, in memory that outlives a killed process.
///
/// A slot holds the number of a job from just before its request is sent until its result is
/// durable. The slots are a shared mapping of a small file: a store to memory is all that a send
/// costs, and the kernel keeps the page when the process is killed. After a power cut the file may
/// be stale, which can only make the number of unknown jobs wrong, never a result.
package final class SendJournal: Sendable {
  private static let magic = 0x6E6A_7365_6E74_0001
  private static let slotBytes = MemoryLayout<Int>.size

  @safe
  private struct State: ~Copyable {
    var slots: UnsafeMutableBufferPointer<Int>
    var free: [Int]
  }

  private let state: Mutex<State>
  private let path: String

  /// Creates the file anew, with no job on its way.
  ///
  /// - Parameter capacity: how many requests can be on their way or waiting for their commit.
  /// - Throws: ``StoreError``.
  package init(path: String, capacity: Int) throws(StoreError) {
    self.path = path
    let bytes = (capacity + 1) * Self.slotBytes
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StoreError(errno: errno, doing: "cannot create the journal of sends", at: path)
    }
    defer { close(descriptor) }
    // Blocks are allocated now: a store to a page that the disk has no room for kills the process.
    let failure = posix_fallocate(descriptor, 0, bytes)
    guard failure == 0 else {
      throw StoreError(errno: failure, doing: "cannot create the journal of sends", at: path)
    }
    let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw StoreError(errno: errno, doing: "cannot map the journal of sends", at: path)
    }
    let slots = unsafe UnsafeMutableBufferPointer(
      start: memory.assumingMemoryBound(to: Int.self),
      count: capacity + 1
    )
    unsafe slots.initialize(repeating: 0)
    unsafe slots[0] = Self.magic
    state = unsafe Mutex(State(slots: slots, free: Array((1...capacity).reversed())))
  }

  deinit {
    state.withLock { state in
      _ = unsafe munmap(state.slots.baseAddress, state.slots.count * Self.slotBytes)
    }
  }

  /// Notes that the request of `job` is about to leave; nil when every slot is taken.
  package func mark(_ job: Int) -> Int? {
    state.withLock { state in
      guard let slot = state.free.popLast() else { return nil }
      unsafe state.slots[slot] = job + 1
      return slot
    }
  }

  /// Notes that the job in `slot` is durable, or was never sent.
  package func clear(_ slot: Int) {
    state.withLock { state in
      unsafe state.slots[slot] = 0
      state.free.append(slot)
    }
  }

  /// True when no job is on its way.
  package var isClear: Bool {
    state.withLock { unsafe $0.free.count == $0.slots.count - 1 }
  }

  /// Removes the file after a run that left nothing on its way.
  package func remove() {
    _ = unsafe unlink(path)
  }

  /// The jobs whose requests were on their way when the process that wrote the file ended.
  package static func jobs(at path: String) -> Set<Int> {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else { return [] }
    var slots = [Int](repeating: 0, count: Int(information.st_size) / slotBytes)
    let size = slots.count * slotBytes
    let got = unsafe slots.withUnsafeMutableBytes {
      unsafe pread(descriptor, $0.baseAddress, size, 0)
    }
    guard got == size, slots.first == magic else { return [] }
    return Set(slots.dropFirst().filter { $0 > 0 }.map { $0 - 1 })
  }
}
