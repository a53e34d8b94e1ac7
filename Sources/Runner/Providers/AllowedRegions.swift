/// The regions that requests may go to: a hard limit on where data goes.
package struct AllowedRegions: Sendable, Equatable {
  /// Nil where every region is allowed, and endpoints need name none.
  private let names: Set<String>?

  /// Every region.
  package static let all = AllowedRegions(names: nil)

  /// These regions and no others.
  package init(_ names: [String]) {
    self.names = Set(names)
  }

  private init(names: Set<String>?) {
    self.names = names
  }

  /// True where an endpoint must name its region.
  package var isLimited: Bool { names != nil }

  /// Whether data may go to an endpoint; never to one of unknown region while regions are limited.
  package func allows(_ endpoint: Endpoint) -> Bool {
    guard let names else { return true }
    return endpoint.region.map(names.contains) ?? false
  }

  /// The names as they stand in messages.
  package var list: String { (names ?? []).sorted().joined(separator: ", ") }
}
