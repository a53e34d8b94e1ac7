extension String {
  /// As a shell takes it for one word that is no option.
  package var shellQuoted: String {
    let isPlain = allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,=@%".contains($0))
    }
    return isPlain && !isEmpty && !hasPrefix("-")
      ? self : "'" + replacing("'", with: #"'\''"#) + "'"
  }
}
