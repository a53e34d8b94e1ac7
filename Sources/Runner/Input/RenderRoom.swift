/// How much may still go into a prompt that is being rendered, and be looked through for it; a pure
/// value.
struct RenderRoom {
  /// What may be looked through for one prompt, in bytes: seconds.
  static let work = 1 << 30
  /// What a repetition of a section costs beside what it looks at.
  private static let repetition = 4 << 10

  private var bytes: Int
  private var work = Self.work
  private let eachTime: Int

  /// - Parameters:
  ///   - bytes: of text, at most.
  ///   - eachTime: what one repetition of any section can add of the template's own text.
  init(bytes: Int, eachTime: Int) {
    self.bytes = bytes
    self.eachTime = eachTime
  }

  private var isUsedUp: Bool { bytes < 0 || work < 0 }

  /// Takes the bytes of a field's text.
  ///
  /// - Returns: whether there was room for them.
  mutating func take(_ count: Int) -> Bool {
    if !isUsedUp { bytes -= count }
    return !isUsedUp
  }

  /// Takes what one more repetition of a section can add.
  mutating func takeRepetition() -> Bool { look(through: Self.repetition) && take(eachTime) }

  /// Takes the bytes of a value that is looked through.
  mutating func look(through count: Int) -> Bool {
    if !isUsedUp { work -= count }
    return !isUsedUp
  }
}
