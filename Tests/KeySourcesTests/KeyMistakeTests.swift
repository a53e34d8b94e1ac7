import KeySources
import Secrets
import Testing

/// What people store in place of a key.
@Suite struct `A value that is no key` {
  private func refusal(of value: String) -> KeySourceError? {
    do throws(KeySourceError) {
      _ = try Key(.environment(name: "KEY"), value: Secret(copying: Array(value.utf8).span))
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    ("bearer made-up-0123", "'Bearer'"), ("\"made-up-0123\"", "quotes"),
    ("'made-up-0123'", "quotes"),
    ("OPENAI_API_KEY=made-up-0123", "name"), ("<made-up-0123>", "examples"),
    ("keystore:made-up-0123", "reference"),
    ("$MADE_UP_0123", "examples"), ("your-made-up-0123", "examples"),
    ("YOUR_MADE_UP_0123", "examples"),
  ])
  func `is named as what it is, and never shown`(_ value: String, _ word: String) throws {
    let error = try #require(refusal(of: value))
    #expect(error.description.contains(word), "\(error)")
    #expect(!error.description.lowercased().contains("0123"))
  }

  @Test(arguments: [
    "sk-ant-api03-AbC_d-e", "AIzaSyA_B-c", "ollama", "QUJDREVGR0g=", "A_B=", "yours", "'half",
    "<half",
    "gsk_A=b", "your",
  ])
  func `is not taken for one where it may be a key`(_ value: String) {
    #expect(refusal(of: value) == nil)
  }
}
