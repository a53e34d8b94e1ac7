import KeySources
import Runner

enum ConfigTargets {
  /// Read twice it says the same, or is refused with a place.
  static func jobFile(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    do throws(JobFileError) {
      let job = try JobFile(reading: text, file: "job.yaml")
      return try JobFile(reading: text, file: "job.yaml") == job ? nil : "it reads as two"
    } catch {
      return error.description.hasPrefix("job.yaml") ? nil : "its place is missing: \(error)"
    }
  }

  /// It reads as it is written.
  static func prices(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let prices = try? Prices(reading: text, file: "prices.yaml", fallback: nil) else {
      return nil
    }
    let again = try? Prices(reading: prices.yaml, file: "prices.yaml", fallback: nil)
    return again == prices ? nil : "it reads otherwise than it is written"
  }

  static func reference(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let reference = try? KeyReference(text) else { return nil }
    if case .command = reference { return nil }
    return reference.description == text ? nil : "it reads otherwise than it is written"
  }
}
