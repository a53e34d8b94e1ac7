import Foundation

/// What a process did to the files of the recorded folder, in the words of `recorder.c`.
enum FileOperation {
  /// A new file took a name.
  case create(name: String, inode: UInt64)
  case write(inode: UInt64, offset: Int, bytes: [UInt8])
  case resize(inode: UInt64, size: Int)
  /// `fsync` or `fdatasync` of a file returned.
  case sync(inode: UInt64)
  case rename(from: String, to: String)
  case unlink(name: String)
  /// `fsync` of the folder returned.
  case syncFolder

  /// True for what makes earlier operations durable.
  var isBarrier: Bool {
    switch self {
    case .sync, .syncFolder: true
    case .create, .write, .resize, .rename, .unlink: false
    }
  }

  /// Every operation of a log; nil when it is not one.
  static func all(in log: [UInt8]) -> [FileOperation]? {
    var operations: [FileOperation] = []
    var rest = log[...]
    while !rest.isEmpty {
      guard let operation = next(in: &rest) else { return nil }
      operations.append(operation)
    }
    return operations
  }

  /// A record is five numbers (operation, file, offset, length of the name, length), the name, and
  /// the bytes of a write.
  private static func next(in rest: inout ArraySlice<UInt8>) -> FileOperation? {
    guard rest.count >= 40 else { return nil }
    let head = (0..<5).map { number(rest.dropFirst($0 * 8).prefix(8)) }
    let (offset, nameLength, length) = (Int(head[2]), Int(head[3]), Int(head[4]))
    rest = rest.dropFirst(40)
    guard rest.count >= nameLength else { return nil }
    let name = String(decoding: rest.prefix(nameLength), as: UTF8.self)
    rest = rest.dropFirst(nameLength)
    switch head[0] {
    case 1: return .create(name: name, inode: head[1])
    case 2:
      guard rest.count >= length else { return nil }
      defer { rest = rest.dropFirst(length) }
      return .write(inode: head[1], offset: offset, bytes: Array(rest.prefix(length)))
    case 3: return .resize(inode: head[1], size: length)
    case 4: return .sync(inode: head[1])
    case 5:
      let names = name.split(separator: "\0").map(String.init)
      return names.count == 2 ? .rename(from: names[0], to: names[1]) : nil
    case 6: return .unlink(name: name)
    case 7: return .syncFolder
    default: return nil
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
