import Testing

@Suite struct CodeScannerTests {
  @Test(arguments: [
    ("let a = 1 // b", "let a = 1     "),
    ("a /* b /* c */ d */ e", "a                   e"),
    (#"let a = "b { \" c""#, #"let a = "        ""#),
    (#""a \(b("c")) d""#, #""    b(" ")   ""#),
    ("#\"a \" \\(b) \\#(c)\"#", "#\"            c \"#"),
    ("func `it's \"so\"`() {}", "func `         `() {}"),
    ("\"\"\"\na \"b\" c\n\"\"\"", "\"\"\"\n       \n\"\"\""),
  ])
  func `only code is left`(text: String, code: String) {
    var scanner = CodeScanner(text)
    #expect(scanner.code() == code)
  }

  @Test func `lines with a comment are known`() {
    var scanner = CodeScanner("let a = 1\n// b\nlet c = \"// d\" // e\n")
    _ = scanner.code()
    #expect(scanner.commented == [1, 2])
  }
}
