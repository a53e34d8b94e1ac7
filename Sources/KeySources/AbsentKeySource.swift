/// No key at all, for a server that asks for none.
struct AbsentKeySource: KeySource {
  var reference: KeyReference { .absent }

  func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? { [.absent] }
}
