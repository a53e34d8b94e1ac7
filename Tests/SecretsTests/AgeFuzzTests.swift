import Secrets
import TestSupport
import Testing

/// Damaged age files and identity files: they open to what was encrypted, or are refused in plain
/// words that tell nothing of it.
@Suite struct `Age fuzz` {
  private static let plaintext = "Z$7+q!R2&x;W9$k@m"
  private static let passphrase = "P$7+w!Q2&z;V9$m@"

  @Test(arguments: [false, true])
  func `a damaged file opens to what was encrypted, or not at all`(_ armored: Bool) throws {
    var mutator = Mutator(seed: armored ? 31 : 30)
    let identities = [AgeIdentity.generate(), .generate()]
    let recipients = identities.compactMap(\.recipient)
    let samples = try [recipients, [recipients[1]]].map {
      try AgeFile.encrypt(secret(Self.plaintext), to: $0, armored: armored)
    }
    try expectAllOrNothing(samples, [identities[1]], &mutator, rounds: 400)
  }

  @Test func `a damaged passphrase file opens to what was encrypted, or not at all`() throws {
    var mutator = Mutator(seed: 32)
    let samples = try [1, 4].map {
      try AgeFile.encrypt(
        secret(Self.plaintext),
        passphrase: secret(Self.passphrase),
        workFactor: $0
      )
    }
    let identity = AgeIdentity(passphrase: secret(Self.passphrase))
    try expectAllOrNothing(samples, [identity], &mutator, rounds: 300)
  }

  @Test func `a damaged file of many chunks opens to what was encrypted, or not at all`() throws {
    var mutator = Mutator(seed: 33)
    let identity = AgeIdentity.generate()
    let recipient = try #require(identity.recipient)
    let content = (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let file = try AgeFile.encrypt(secret(content), to: [recipient])
    let chunk = (64 << 10) + 16
    let header = file.count - 16 - 2 * chunk - (content.count - (128 << 10) + 16)
    var starts = [0, 1, 2].map { header + 16 + $0 * chunk }
    starts.append(file.count)
    for _ in Mutator.rounds(12) {
      let order = (0..<mutator.number(0...4)).map { _ in mutator.number(0...2) }
      let chunks = order.flatMap { file[starts[$0]..<starts[$0 + 1]] }
      let text = opened(file[..<starts[0]] + chunks, with: identity)
      #expect(text == nil || (text == content && order == [0, 1, 2]), "\(order)")
    }
  }

  @Test func `a damaged identity file is read, or refused without being shown`() throws {
    var mutator = Mutator(seed: 34)
    let keys = try (0..<3).map { _ in try file(of: AgeIdentity.generate()) }
    let text = keys.map { Array("# a comment\r\n\n".utf8) + $0 }.flatMap(\.self)
    let known = try AgeIdentity.parse(secret(text)).map(\.recipient)
    var read = 0
    for _ in Mutator.rounds(300) {
      let damaged = mutator.damaged(text, with: keys)
      do throws(AgeError) {
        let identities = try AgeIdentity.parse(secret(damaged))
        read += 1
        #expect(identities.allSatisfy { known.contains($0.recipient) })
      } catch {
        for key in keys { expectPlain(error, hiding: String(decoding: key[20...], as: UTF8.self)) }
      }
    }
    #expect(read > 5)
  }

  @Test func `a damaged recipient is another way to write it, or refused`() throws {
    var mutator = Mutator(seed: 35)
    let recipient = try #require(AgeIdentity.generate().recipient)
    let text = Array(recipient.description.utf8)
    for _ in Mutator.rounds(800) {
      let damaged = String(decoding: mutator.damaged(text, changes: 1...2), as: UTF8.self)
      do throws(AgeError) {
        #expect(try AgeRecipient(damaged) == recipient)
        #expect(damaged.lowercased() == recipient.description)
      } catch {
        expectPlain(error, hiding: "")
      }
    }
  }

  private func opened(_ file: ArraySlice<UInt8>, with identity: AgeIdentity) -> [UInt8]? {
    do throws(AgeError) {
      return bytes(try AgeFile.decrypt(Array(file), with: [identity]))
    } catch {
      return nil
    }
  }

  private func expectAllOrNothing(
    _ samples: [[UInt8]],
    _ identities: [AgeIdentity],
    _ mutator: inout Mutator,
    rounds: Int
  ) throws {
    var opened = 0
    for _ in Mutator.rounds(rounds) {
      let file = mutator.damaged(mutator.one(of: samples), with: samples, changes: 0...2)
      do throws(AgeError) {
        let details = try AgeFile.Details(of: file)
        let plaintext = try AgeFile.decrypt(file, with: identities, maxWorkFactor: 6)
        opened += 1
        #expect(text(plaintext) == Self.plaintext)
        #expect(details.needsPassphrase == (details.recipients == 0))
      } catch {
        expectPlain(error, hiding: Self.plaintext)
        expectPlain(error, hiding: Self.passphrase)
      }
    }
    #expect(opened > rounds / 10)
  }

  private func expectPlain(_ error: AgeError, hiding secret: String) {
    let fault = PlainWords.fault(in: error.description, hiding: secret)
    #expect(fault == nil, "\(error.description)")
  }
}
