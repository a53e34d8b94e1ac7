import KeySources
import Secrets

enum SecretTargets {
  /// Nobody's, made for this.
  private static let identity =
    "AGE-SECRET-KEY-1EDT3ZWX6YX4DJX9CM9YMTJSRQ5P5QL7DUXXDRNDVG5L0RR0NWKXS7PUFPC"

  /// It opens, or is refused.
  static func age(_ bytes: [UInt8]) -> String? {
    guard let identities = try? AgeIdentity.parse(Secret(copying: Array(identity.utf8).span)) else {
      return "the identity of this target is none"
    }
    _ = try? AgeFile.Details(of: bytes)
    _ = try? AgeFile.decrypt(bytes, with: identities, maxWorkFactor: 6)
    return nil
  }

  static func identity(_ bytes: [UInt8]) -> String? {
    guard let found = try? AgeIdentity.parse(Secret(copying: bytes.span)) else { return nil }
    return found.isEmpty ? "no identity, and no error" : nil
  }

  static func keys(_ bytes: [UInt8]) -> String? {
    guard let keys = try? KeyImport.parse(Secret(copying: bytes.span)) else { return nil }
    return keys.isEmpty ? "no key, and no error" : nil
  }
}
