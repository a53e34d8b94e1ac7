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
        nightjar keys add anthropic --provider anthropic
        nightjar run prompts.jsonl -o results.jsonl --provider anthropic \\
          --model claude-opus-4-6 --max-tokens 512 --key keystore:anthropic

      Give it a new value while batches run, and undo that:
        nightjar keys rotate anthropic --overlap 24h
        nightjar keys rollback anthropic

      Every command may be repeated: what is done already changes nothing. Every change is noted \
      in keystore.age.audit. The age program opens the keystore too:
        age -d -i ~/.config/nightjar/identity.txt ~/.config/nightjar/keystore.age
      """,
    subcommands: [
      KeysInit.self, KeysAdd.self, KeysList.self, KeysRotate.self, KeysRollback.self,
      KeysDisable.self, KeysEnable.self, KeysRemove.self, KeysImport.self, KeysCheck.self,
      KeysAudit.self,
    ]
  )
}
