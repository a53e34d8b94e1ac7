import ArgumentParser

/// `nightjar keys`: what is in the encrypted keystore.
struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Keep API keys in an encrypted keystore.",
    discussion: """
      The keystore is one file in the age format (https://age-encryption.org), by default \
      ~/.config/nightjar/keystore.age. It is opened by the private key in identity.txt beside it, \
      or by a passphrase. Jobs name a key in it as keystore:ID.

      Put a key in and use it:
        nightjar keys init
        nightjar keys add anthropic-main --provider anthropic
        nightjar run prompts.jsonl -o results.jsonl --key keystore:anthropic-main

      The age program opens it too:
        age -d -i ~/.config/nightjar/identity.txt ~/.config/nightjar/keystore.age
      """,
    subcommands: [KeysInit.self, KeysAdd.self, KeysList.self, KeysRemove.self]
  )
}
