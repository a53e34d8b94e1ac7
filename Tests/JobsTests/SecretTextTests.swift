import Jobs
import Testing

@Suite struct `What never leaves as a document` {
  @Test(arguments: [
    "AGE-SECRET-KEY-1QQQ", "# made today\r\n  \tAGE-SECRET-KEY-1QQQ\n",
    "\n\nage-encryption.org/v1\n",
    "  -----BEGIN AGE ENCRYPTED FILE-----\n", "-----BEGIN OPENSSH PRIVATE KEY-----\n",
    "SQLite format 3\u{0}",
    String(repeating: "a line of text\n", count: 4_000) + "AGE-SECRET-KEY-1Q",
    "\u{FEFF}-----BEGIN RSA PRIVATE KEY-----\n",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\r\n"
      + String(repeating: "M", count: 64) + "\r\n",
    "Bag Attributes\n    friendlyName: me\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      + String(repeating: "/", count: 64),
    "# mine\n-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ", "PuTTY-User-Key-File-3: ssh-ed25519\n",
    "export AGE_KEY=AGE-SECRET-KEY-1" + String(repeating: "Q", count: 58) + "\n",
    #"{"private_key":"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIKpQr0S1T2u3V4w5X6y7\n"}"#,
    #"KEY="-----BEGIN RSA PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIKpQr0S1T2u3V4w5X6y7""#,
    "k = ('-----BEGIN EC PRIVATE KEY-----\n'\n  'MC4CAQAwBQYDK2VwBCIEIKpQr0S1T2u3V4w5X6y7')",
    String(repeating: "x", count: 70_000) + "\n-----BEGIN PRIVATE KEY-----\nMC4C\n",
  ])
  func `is told by what it holds, white space before it or not`(_ text: String) {
    #expect(SecretText.kind(of: Array(text.utf8)) != nil)
  }

  @Test(arguments: [
    "", "A letter about AGE-SECRET-KEY-1 and others.", "# age-encryption.org/v1 is a format",
    "A PEM file has a line such as\n-----BEGIN PRIVATE KEY-----\nand then base64.\n",
    "{\"seq\":1}", "SQLite format 4",
    "The file begins with -----BEGIN PRIVATE KEY-----\nabout which more below.",
    "-----BEGIN PRIVATE KEY-----\nThis line is how the story begins.\n",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n(base64 data)\n-----END OPENSSH PRIVATE KEY-----\n",
    "PuTTY-User-Key-File-2: is the first line of such a file.\n",
    #"Look for "-----BEGIN PRIVATE KEY-----\nMIIE" in the dump."#,
    "-----BEGIN PUBLIC KEY-----\n" + String(repeating: "M", count: 64),
  ])
  func `is no text that only speaks of it`(_ text: String) {
    #expect(SecretText.kind(of: Array(text.utf8)) == nil)
  }
}
