extension Mistake {
  static let atProviders = [
    Mistake(
      "A provider that is none",
      "A letter is missing.",
      run(["--provider", "anthopic"]),
      64
    ),
    Mistake(
      "http:// to a server elsewhere",
      "The address of a server was given without encryption.",
      run(["--base-url", "http://llm.example.com"]),
      64
    ),
    Mistake(
      "A server that is not running",
      "The local server was not started, or listens at another port.",
      run(["--give-up-after", "1"]),
      69
    ),
  ]
}
