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
      run(["--key", "sk-made-up"]),
      64
    ),
    Mistake(
      "A variable that is not set",
      "The key was to be exported in the shell, and was not.",
      run(),
      77
    ) { $0.environment["ANTHROPIC_API_KEY"] = nil },
    Mistake("No keystore yet", "`keys init` was left out.", run(["--key", "keystore:main"]), 77),
    Mistake(
      "A key that the keystore does not have",
      "It was stored under another name.",
      run(["--key", "keystore:mian"]),
      77
    ) { scene in
      try scene.nightjar(["keys", "init"])
      try scene.nightjar(["keys", "add", "main"], input: "made-up-key-0123456789")
    },
    Mistake("A revoked key", "The provider knows the key no longer.", run(), 77) {
      try $0.startProvider(["--account", "main=another-made-up-key"])
    },
  ]
}
