import Secrets
import Testing

struct ScrubberTests {
  private let scrubber = Scrubber(limit: 200)

  @Test func `removes the value that was sent, wherever it stands`() {
    let scrubbed = scrubber.scrub(
      "key canary-value-1, again:canary-value-1",
      hiding: secret("canary-value-1")
    )
    #expect(scrubbed == "key <redacted>, again:<redacted>")
  }

  @Test(
    arguments: [
      "sk-ant-api03-" + String(repeating: "aB3_", count: 24) + "AA",
      "sk-proj-" + String(repeating: "x9", count: 40),
      "sk-abcdefghijklmnopqrstuvwxyz",
      "hvs." + String(repeating: "Q", count: 90),
      "AGE-SECRET-KEY-1" + String(repeating: "Q", count: 58),
      "AKIA" + "IOSFODNN7EXAMPLE",
    ])
  func `removes whatever looks like a key`(key: String) {
    #expect(scrubber.scrub("Incorrect API key: \(key).").hasPrefix("Incorrect API key: <redacted>"))
    #expect(scrubber.scrub("\"\(key)\"") == "\"<redacted>\"")
  }

  @Test func `removes bearer tokens and leaves the word`() {
    #expect(scrubber.scrub("sent 'Bearer abcdef123456'") == "sent 'Bearer <redacted>'")
  }

  @Test(arguments: ["task-scheduling-and-more-words", "use sk-learn", "no key here", "日本語 ASIA"])
  func `leaves ordinary words alone`(text: String) {
    #expect(scrubber.scrub(text) == text)
  }

  @Test func `cuts long text without splitting a character or a key`() {
    let long = String(repeating: "é", count: 99) + "x-" + "canary-value-1"
    let scrubbed = scrubber.scrub(long, hiding: secret("canary-value-1"))
    #expect(scrubbed.utf8.count <= 200)
    #expect(!scrubbed.contains("cana"))
    #expect(scrubber.scrub(String(repeating: "é", count: 300)).utf8.count == 200)
    #expect(Scrubber(limit: 5).scrub("ééé") == "éé")
  }

  @Test func `a value too short to be a key is not hunted for`() {
    #expect(scrubber.scrub("a banana", hiding: secret("a")) == "a banana")
  }
}
