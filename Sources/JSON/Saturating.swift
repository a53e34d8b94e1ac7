extension Int {
  /// The nearest whole number, whatever the double is: what came from outside may be anything.
  ///
  /// NaN reads as zero, and what does not fit as the largest or the smallest that does.
  package init(saturating value: Double) {
    self = Int(exactly: value.rounded()) ?? (value > 0 ? .max : value < 0 ? .min : 0)
  }
}
