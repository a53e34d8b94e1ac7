import Glibc
import Synchronization

/// The steps at which the tests kill a process, between one effect that outlives it and the next.
///
/// A debug build kills itself at the n-th time that it comes to a step, when the environment
/// variable `NIGHTJAR_CRASH_AT` names the step and n, such as `committed:3`. Release builds contain
/// none of this: there ``reached(_:)`` does nothing, and no variable is read.
package enum CrashPoint: String, Sendable, CaseIterable {
  /// Jobs read from the input are about to be stored.
  case queueing
  /// They are durable.
  case queued
  /// Segments are about to be claimed.
  case claiming
  /// They are claimed, and none of their jobs has been handed out.
  case claimed
  /// A job is about to be noted as on its way.
  case marking
  /// It is noted, and its request is about to leave.
  case sending
  /// The response has come, and nothing of it is kept.
  case answered
  /// The answer is in the journal, and its job still noted as on its way.
  case kept
  /// Answers are about to be committed.
  case committing
  /// A commit has written its results and has not ended.
  case ending
  /// A commit is durable, and nothing of it shown.
  case committed
  /// Lines are about to be appended to an output file.
  case exporting
  /// They are appended.
  case exported
  /// An output file is about to be made durable.
  case syncing
  /// It is durable, and the batch does not know yet.
  case synced
  /// A whole new file is about to take the name of the old one.
  case renaming
  /// It has the name, and its folder may not be durable.
  case renamed

  #if DEBUG
    private static let planned: (point: CrashPoint, time: Int)? = {
      guard let text = unsafe getenv("NIGHTJAR_CRASH_AT") else { return nil }
      let parts = unsafe String(cString: text).split(separator: ":")
      guard parts.count == 2, let point = CrashPoint(rawValue: String(parts[0])),
        let time = Int(parts[1])
      else { fatalError("NIGHTJAR_CRASH_AT is a step and a number, such as committed:3") }
      return (point, time)
    }()

    private static let times = Atomic(0)

    /// Ends the process here if this is the time that was asked for.
    package static func reached(_ point: CrashPoint) {
      guard let planned, planned.point == point else { return }
      let time = times.add(1, ordering: .relaxed).newValue
      if time == planned.time { kill(getpid(), SIGKILL) }
    }
  #else
    /// Does nothing in a release build.
    package static func reached(_ point: CrashPoint) {}
  #endif
}
