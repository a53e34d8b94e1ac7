import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Every reader of bytes from outside, with good ones, those that a fuzzer once found, and damaged ones.
struct FuzzTests {
  private static let rounds = 200

  @Test(arguments: FuzzTarget.allCases)
  func `holds what it promises, whatever it reads`(_ target: FuzzTarget) throws {
    let samples = try Self.samples(of: target)
    try #require(!samples.isEmpty)
    for (name, bytes) in samples {
      let fault = target.fault(in: bytes)
      #expect(fault == nil, "\(name)")
    }
    let known = samples.map(\.bytes)
    let number = FuzzTarget.allCases.firstIndex(of: target) ?? 0
    var mutator = Mutator(seed: 900 + UInt64(number))
    for round in Mutator.rounds(Self.rounds) {
      let bytes =
        mutator.number(0...19) == 0
        ? mutator.noise(atMost: 60) : mutator.damaged(mutator.one(of: known), with: known)
      let fault = target.fault(in: bytes)
      #expect(fault == nil, "round \(round): \(bytes.prefix(4_000))")
    }
  }

  private static func samples(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
    let corpus = try #require(Bundle.module.url(forResource: "corpus", withExtension: nil))
    let folder = corpus.appending(path: target.rawValue)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map { name in
      (name, [UInt8](try Data(contentsOf: folder.appending(path: name))))
    }
  }
}
