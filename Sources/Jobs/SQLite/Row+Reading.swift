import Foundation
import GRDB

/// The values of a row. What no nightjar has written is damage of the file, and not an end of the
/// process; the message says which column, never what stands there.
extension Row {
  /// The largest number that is taken for one, and the largest amount of nanodollars: sums and small
  /// multiples do not overflow.
  private static let (largest, largestAmount) = (1 << 52, 1 << 60)

  /// A number, not negative.
  ///
  /// - Throws: `DatabaseError` SQLITE_CORRUPT, as the others here.
  func number(_ column: String, atMost limit: Int = largest) throws -> Int {
    let number = try integer(column)
    guard (0...limit).contains(number) else { throw damage(column) }
    return number
  }

  /// An amount, not negative.
  func amount(_ column: String) throws -> USD {
    USD(nanos: try number(column, atMost: Self.largestAmount))
  }

  /// Any number that fits in 64 bits.
  func integer(_ column: String) throws -> Int {
    guard case .int64(let number) = stored(column) else { throw damage(column) }
    return Int(number)
  }

  /// A number of 64 bits, or none.
  func integerIfAny(_ column: String) throws -> Int? {
    if case .null = stored(column) { return nil }
    return try integer(column)
  }

  func text(_ column: String) throws -> String {
    guard case .string(let text) = stored(column) else { throw damage(column) }
    return text
  }

  /// Bytes; nil where there are none.
  func bytes(_ column: String) throws -> [UInt8]? {
    switch stored(column) {
    case .blob(let bytes): return [UInt8](bytes)
    case .null: return nil
    default: throw damage(column)
    }
  }

  private func stored(_ column: String) -> DatabaseValue.Storage {
    (self[column] as DatabaseValue).storage
  }

  private func damage(_ column: String) -> DatabaseError {
    DatabaseError(
      resultCode: .SQLITE_CORRUPT,
      message: "a row has a \(column) that was not written so"
    )
  }
}
