import Glibc
import Synchronization

/// Tells when files may have changed: written, renamed, linked anew, created or removed.
///
/// One inotify(7) instance and one thread serve the whole process. Changes made by another machine
/// to a network file system are not seen.
package final class FileWatch: Sendable {
  /// A name in a watched folder, as events tell it.
  private struct Mark: Hashable {
    let watch: Int32
    let name: String
  }

  private struct Subscriber {
    let paths: [String]
    let stream: AsyncStream<Void>.Continuation
    var marks: Set<Mark> = []

    func concerns(_ events: Set<Mark>) -> Bool {
      // An event without a name is about the folder itself.
      !marks.isDisjoint(with: events)
        || marks.contains { events.contains(Mark(watch: $0.watch, name: "")) }
    }
  }

  private struct State {
    var subscribers: [Int: Subscriber] = [:]
    var lastID = 0
  }

  private static let shared = FileWatch()
  private static let kinds = [
    IN_CLOSE_WRITE, IN_MOVED_TO, IN_MOVED_FROM, IN_CREATE, IN_ATTRIB, IN_DELETE, IN_DELETE_SELF,
    IN_MOVE_SELF,
  ]
  /// Changes that follow each other faster than this, in milliseconds, are told as one.
  private static let quiet: Int32 = 50
  /// How many quiet times a burst may go on before it is told all the same.
  private static let longestBurst = 20

  private let inotify: Int32
  private let state = Mutex(State())

  /// Watches files, which need not exist yet, and all symbolic links that lead to them.
  ///
  /// The stream holds at most one untold change, and tells a burst of changes as one. The watching
  /// ends with the stream. Start it before reading the files, so that no change falls in between.
  ///
  /// - Returns: nil where the system cannot watch them.
  package static func changes(of paths: [String]) -> AsyncStream<Void>? {
    shared?.subscribe(to: paths)
  }

  private init?() {
    inotify = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard inotify >= 0 else { return nil }
    guard BackgroundThread.start({ [self] in while true { tellNextBurst() } }) else {
      close(inotify)
      return nil
    }
  }

  private func subscribe(to paths: [String]) -> AsyncStream<Void>? {
    let (changes, stream) = AsyncStream.makeStream(
      of: Void.self,
      bufferingPolicy: .bufferingNewest(1)
    )
    let id = state.withLock { state -> Int? in
      var subscriber = Subscriber(paths: paths, stream: stream)
      subscriber.marks = place(paths)
      guard !subscriber.marks.isEmpty else { return nil }
      state.lastID += 1
      state.subscribers[state.lastID] = subscriber
      return state.lastID
    }
    guard let id else { return nil }
    stream.onTermination = { [self] _ in
      state.withLock { state in
        let gone = state.subscribers.removeValue(forKey: id)
        forget(gone?.marks ?? [], unlessUsedIn: state)
      }
    }
    return changes
  }

  // MARK: - Watches

  /// Watches every name that decides what the paths lead to.
  private func place(_ paths: [String]) -> Set<Mark> {
    var names: [WatchedName] = []
    var marks: Set<Mark> = []
    // A link may change after it was looked at and before it is watched; then look again.
    for _ in 0..<8 {
      let present = paths.flatMap(WatchedName.all(deciding:))
      if present == names { break }
      names = present
      marks = Set(names.compactMap { mark($0) })
    }
    return marks
  }

  private func mark(_ name: WatchedName) -> Mark? {
    let mask = Self.kinds.reduce(UInt32(IN_ONLYDIR)) { $0 | UInt32($1) }
    let watch = unsafe inotify_add_watch(inotify, name.folder, mask)
    return watch >= 0 ? Mark(watch: watch, name: name.name) : nil
  }

  private func forget(_ marks: Set<Mark>, unlessUsedIn state: State) {
    let used = Set(state.subscribers.values.flatMap(\.marks).map(\.watch))
    for watch in Set(marks.map(\.watch)).subtracting(used) { inotify_rm_watch(inotify, watch) }
  }

  // MARK: - Events

  /// Waits for changes, then for them to be over, and tells who is concerned.
  private func tellNextBurst() {
    var events: Set<Mark> = []
    var missed = false
    var patience: Int32 = -1
    for _ in 0...Self.longestBurst {
      var wait = pollfd(fd: inotify, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&wait, 1, patience) == 0 { break }
      readEvents(into: &events, missed: &missed)
      patience = Self.quiet
    }
    state.withLock { state in
      for (id, subscriber) in state.subscribers where missed || subscriber.concerns(events) {
        let before = subscriber.marks
        state.subscribers[id]?.marks = place(subscriber.paths)
        forget(before, unlessUsedIn: state)
        subscriber.stream.yield()
      }
    }
  }

  private func readEvents(into events: inout Set<Mark>, missed: inout Bool) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(inotify, &buffer, buffer.count)
    let head = MemoryLayout<inotify_event>.size
    var offset = 0
    while offset + head <= count {
      let event = unsafe buffer.withUnsafeBytes {
        unsafe $0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
      }
      let name = buffer[(offset + head)...].prefix(Int(event.len)).prefix { $0 != 0 }
      events.insert(Mark(watch: event.wd, name: String(decoding: name, as: UTF8.self)))
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { missed = true }
      offset += head + Int(event.len)
    }
  }
}
