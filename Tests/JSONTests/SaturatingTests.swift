import JSON
import Testing

@Suite struct `A whole number out of any double` {
  @Test(arguments: [
    (Double.nan, 0), (.infinity, .max), (-.infinity, .min), (1e300, .max), (-1e300, .min),
    (9.3e18, .max), (2.5, 3), (-0.4, 0), (1e-300, 0), (12, 12),
  ])
  func `is the nearest that fits`(_ value: Double, _ number: Int) {
    #expect(Int(saturating: value) == number)
  }
}
