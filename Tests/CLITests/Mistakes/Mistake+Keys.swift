import Foundation

extension Mistake {
  static let withKeys = [
    Mistake(
      "A key on the command line",
      "The key itself was given, as other tools want it.",
      ["run", "prompts.jsonl", "-o", "results.jsonl", "--api-key", "sk-made-up"],
      64
    ),
    Mistake(
      "A key in place of its reference",
      "The key itself was given to `--key`.",
      run(key: "sk-made-up"),
      64
    ),
    Mistake(
      "A variable that is not set",
      "The key was to be exported in the shell, and was not.",
      run(),
      77
    ) { $0.environment["ANTHROPIC_API_KEY"] = nil },
    Mistake("No keystore yet", "`keys init` was left out.", run(key: "keystore:anthropic"), 77),
    Mistake(
      "A key that the keystore does not have",
      "It was stored under another name.",
      run(key: "keystore:antropic"),
      77
    ) { scene in
      try scene.nightjar(["keys", "init"])
      try scene.nightjar(["keys", "add", "anthropic"], input: "made-up-key-0123456789")
    },
    Mistake("A revoked key", "The provider knows the key no longer.", run(), 77) {
      try $0.startProvider(["--account", "main=another-made-up-key"])
    },
    Mistake(
      "A key as an argument of keys add",
      "The value was typed behind the name.",
      ["keys", "add", "anthropic", "sk-made-up"],
      64
    ) { try $0.nightjar(["keys", "init"]) },
    Mistake(
      "A second key under the same name",
      "A new key was to take the place of the old one.",
      ["keys", "add", "anthropic"],
      64
    ) { scene in
      try scene.nightjar(["keys", "init"])
      try scene.nightjar(["keys", "add", "anthropic"], input: "made-up-key-0123456789")
      scene.input = "made-up-key-9876543210"
    },
    Mistake(
      "A date in the past",
      "The key is said to have expired already.",
      ["keys", "add", "anthropic", "--expires", "2020-01-31"],
      64
    ) { try $0.nightjar(["keys", "init"]) },
    Mistake(
      "A short passphrase",
      "A new keystore is to open with a word.",
      ["keys", "init", "--passphrase", "--passphrase-fd", "0"],
      64
    ) { $0.input = "sesame" },
    Mistake(
      "A wrong passphrase",
      "A letter is missing.",
      ["keys", "list", "--passphrase-fd", "0"],
      77
    ) { scene in
      let flags = ["keys", "init", "--passphrase", "--passphrase-fd", "0"]
      try scene.nightjar(flags, input: "open sesame")
      scene.input = "open sesam"
    },
    Mistake(
      "A rollback of what was never rotated",
      "The key has had one value only.",
      ["keys", "rollback", "anthropic"],
      64
    ) { scene in
      try scene.nightjar(["keys", "init"])
      try scene.nightjar(["keys", "add", "anthropic"], input: "made-up-key-0123456789")
    },
    Mistake(
      "A key file that others can change",
      "It was made writable for the group.",
      run(key: "file:key"),
      77
    ) { scene in
      try scene.folder.write("key", "made-up-key-0123456789")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o660],
        ofItemAtPath: scene.folder.path(of: "key")
      )
    },
    Mistake(
      "The value of a header in place of a key",
      "It was copied with the word in front of it.",
      run(),
      77
    ) { $0.environment["ANTHROPIC_API_KEY"] = "Bearer made-up-key-0123456789" },
    Mistake(
      "Quotes around a key",
      "They stood in a file of settings, where they belong to the text.",
      run(),
      77
    ) { $0.environment["ANTHROPIC_API_KEY"] = "\"made-up-key-0123456789\"" },
    Mistake(
      "A line of settings in place of a key",
      "The name of the variable was copied with it.",
      run(),
      77
    ) { $0.environment["ANTHROPIC_API_KEY"] = "ANTHROPIC_API_KEY=made-up-key-0123456789" },
    Mistake(
      "The placeholder of an example",
      "The key was never put in its place.",
      run(),
      77
    ) { $0.environment["ANTHROPIC_API_KEY"] = "YOUR_API_KEY" },
    Mistake(
      "No key and a key",
      "`--key none` was added, and the key left where it was.",
      run() + ["--key", "none"],
      64
    ),
    Mistake(
      "No key for a server that wants one",
      "`--key none` is for servers that ask for none.",
      run(key: "none"),
      77
    ) { try $0.startProvider() },
  ]
}
