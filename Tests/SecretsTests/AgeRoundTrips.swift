import Secrets
import Testing

struct AgeRoundTrips {
  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000], [false, true])
  func `what is encrypted comes back`(size: Int, armored: Bool) throws {
    let plaintext = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let identity = AgeIdentity.generate()
    let recipient = try #require(identity.recipient)
    let file = try AgeFile.encrypt(secret(plaintext), to: [recipient], armored: armored)
    let opened = try AgeFile.decrypt(file, with: [identity])
    #expect(bytes(opened) == plaintext)
  }

  @Test func `each of several recipients opens the file, and nobody else`() throws {
    let identities = (0..<3).map { _ in AgeIdentity.generate() }
    let file = try AgeFile.encrypt(secret("hello"), to: identities.compactMap(\.recipient))
    for identity in identities {
      #expect(text(try AgeFile.decrypt(file, with: [identity])) == "hello")
    }
    #expect(failure { try AgeFile.decrypt(file, with: [.generate()]) } == .noMatch)
  }

  @Test func `a passphrase opens its file, and another does not`() throws {
    let file = try AgeFile.encrypt(secret("hello"), passphrase: secret("correct"), workFactor: 10)
    #expect(try AgeFile.needsPassphrase(file))
    #expect(
      text(try AgeFile.decrypt(file, with: [.init(passphrase: secret("correct"))])) == "hello"
    )
    #expect(
      failure { try AgeFile.decrypt(file, with: [.init(passphrase: secret("wrong"))]) }
        == .wrongPassphrase
    )
  }

  @Test func `more passphrase work than allowed is refused before it is done`() throws {
    let file = try AgeFile.encrypt(secret("hello"), passphrase: secret("word"), workFactor: 11)
    let identity = AgeIdentity(passphrase: secret("word"))
    #expect(
      failure { try AgeFile.decrypt(file, with: [identity], maxWorkFactor: 10) }
        == .workFactor(11, limit: 10)
    )
  }

  @Test func `no changed byte goes unnoticed`() throws {
    let identity = AgeIdentity.generate()
    let recipient = try #require(identity.recipient)
    let file = try AgeFile.encrypt(secret("hello"), to: [recipient])
    for index in file.indices {
      var changed = file
      changed[index] ^= 1
      #expect(failure { try AgeFile.decrypt(changed, with: [identity]) } != nil, "byte \(index)")
    }
    for length in file.indices {
      let cut = Array(file[..<length])
      #expect(failure { try AgeFile.decrypt(cut, with: [identity]) } != nil, "cut at \(length)")
    }
  }

  @Test func `an identity survives being written and read`() throws {
    let identity = AgeIdentity.generate()
    let line = String(decoding: try file(of: identity).dropLast(), as: UTF8.self)
    #expect(line.hasPrefix("AGE-SECRET-KEY-1"))
    let read = try AgeIdentity.parse(secret("# created today\r\n\n  \(line)\t\n"))
    #expect(read.map { $0.recipient } == [identity.recipient])
    let recipient = try #require(identity.recipient)
    #expect(try AgeRecipient(recipient.description) == recipient)
  }

  @Test(arguments: ["", "# only a comment\n", "age1abc", "AGE-SECRET-KEY-1ABC"])
  func `what is not an identity is refused without being shown`(file: String) {
    let error = #expect(throws: AgeError.self) { try AgeIdentity.parse(secret(file)) }
    #expect(error?.description.contains("1ABC") == false)
  }

  @Test func `post-quantum recipients are unsupported, not damaged`() throws {
    let vector = try #require(AgeVector.all.first { $0.name == "hybrid_multiple_recipients" })
    #expect(
      failure { try vector.open() } == .unsupported("post-quantum and hardware age keys")
    )
  }

  private func failure(_ body: () throws -> Secret) -> AgeError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? AgeError
    }
  }
}
