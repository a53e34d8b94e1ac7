import TestSupport
import Testing

/// The disk that the power tests run on loses what it may lose, and nothing else.
struct CrashDiskTests {
  private static let seeds: ClosedRange<UInt64> = 1...200

  private func applied(
    _ naming: CrashDisk.Naming,
    _ operations: [FileOperation]
  ) -> CrashDisk {
    operations.reduce(into: CrashDisk(naming)) { $0.apply($1) }
  }

  /// Every state that may be found, over many seeds.
  private func states(of disk: CrashDisk, after loss: CrashDisk.Loss) -> Set<[String: [UInt8]]> {
    Set(
      Self.seeds.map { seed in
        var random = Mutator(seed: seed)
        return disk.files(after: loss, &random)
      }
    )
  }

  private static let made: [FileOperation] = [
    .create(name: "a", inode: 1), .write(inode: 1, offset: 0, bytes: [1, 2, 3]), .sync(inode: 1),
    .syncFolder,
  ]

  @Test(arguments: CrashDisk.Naming.allCases, CrashDisk.Loss.allCases)
  func `what was synced stays, whatever else is lost`(
    naming: CrashDisk.Naming,
    loss: CrashDisk.Loss
  ) {
    let disk = applied(naming, Self.made)
    #expect(states(of: disk, after: loss) == [["a": [1, 2, 3]]])
  }

  @Test func `a name needs an fsync of its folder where only that is promised`() {
    let operations = Array(Self.made.dropLast())
    #expect(states(of: applied(.strict, operations), after: .everything) == [[:]])
    #expect(states(of: applied(.strict, operations), after: .some) == [[:], ["a": [1, 2, 3]]])
    #expect(states(of: applied(.journaled, operations), after: .some) == [["a": [1, 2, 3]]])
  }

  @Test func `sectors come through one by one, and those that do not are as they were`() {
    let new = [UInt8](repeating: 9, count: 1_024)
    let disk = applied(.strict, Self.made + [.write(inode: 1, offset: 0, bytes: new)])
    let found: Set<[UInt8]> = Set(states(of: disk, after: .some).compactMap { $0["a"] })
    let nothing = [1, 2, 3] + [UInt8](repeating: 0, count: 1_021)
    #expect(found.contains([1, 2, 3]) && found.contains(new) && found.contains(nothing))
    #expect(found.contains(Array(nothing[..<512] + new[512...])), "the second sector alone")
    #expect(found.contains(Array(new[..<512] + nothing[512...])), "the first sector alone")
    #expect(found.contains(Array(new[..<3])), "the size alone is lost")
  }

  @Test func `a later change of a sector never comes without the earlier one`() {
    let disk = applied(
      .strict,
      Self.made + [
        .write(inode: 1, offset: 0, bytes: [4]), .write(inode: 1, offset: 1, bytes: [5]),
      ]
    )
    let found = states(of: disk, after: .some)
    #expect(found == [["a": [1, 2, 3]], ["a": [4, 2, 3]], ["a": [4, 5, 3]]])
  }

  @Test func `the last write is torn and the others are whole`() {
    let disk = applied(
      .strict,
      Self.made + [
        .write(inode: 1, offset: 3, bytes: [4]), .write(inode: 1, offset: 4, bytes: [5, 6]),
      ]
    )
    let found = states(of: disk, after: .tail)
    #expect(found.isSuperset(of: [["a": [1, 2, 3, 4]], ["a": [1, 2, 3, 4, 5]]]))
    #expect(found.allSatisfy { $0["a"]?.starts(with: [1, 2, 3, 4]) == true })
  }

  @Test(arguments: CrashDisk.Naming.allCases)
  func `a renamed file is found under one name, whole`(naming: CrashDisk.Naming) {
    let disk = applied(
      naming,
      Self.made + [
        .create(name: "b", inode: 2), .write(inode: 2, offset: 0, bytes: [7]), .sync(inode: 2),
        .rename(from: "b", to: "a"),
      ]
    )
    let found = states(of: disk, after: .some)
    #expect(Set(found.map { $0["a"] }) == [[1, 2, 3], [7]])
    #expect(states(of: disk, after: .nothing) == [["a": [7]]])
  }

  @Test func `an inode that is used again is another file`() {
    let disk = applied(
      .strict,
      Self.made + [
        .unlink(name: "a"), .create(name: "b", inode: 1),
        .write(inode: 1, offset: 0, bytes: [7]),
      ]
    )
    #expect(states(of: disk, after: .everything) == [["a": [1, 2, 3]]])
    #expect(states(of: disk, after: .nothing) == [["b": [7]]])
  }
}
