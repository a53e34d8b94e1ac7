extension Mistake {
  static let atProviders = [
    Mistake(
      "A provider that is none",
      "A letter is missing.",
      run(["--provider", "anthopic"]),
      64
    ),
    Mistake(
      "No model",
      "Neither a flag nor a line names one.",
      ["run", "prompts.jsonl", "-o", "results.jsonl", "--provider", "openai"],
      64
    ),
    Mistake(
      "No limit of an answer",
      "Anthropic wants to know the most tokens of each.",
      [
        "run", "prompts.jsonl", "-o", "results.jsonl", "--provider", "anthropic", "--model",
        "claude-opus-4-6",
      ],
      64
    ),
    Mistake(
      "The address of a call as a base URL",
      "It was copied from an example for curl.",
      run(["--base-url", "https://api.example.com/v1/chat/completions"]),
      64
    ),
    Mistake(
      "A setting that the provider refuses for every job",
      "The model's name has a typo, or `max_tokens` is more than the model can.",
      run(["--concurrency", "1", "--quiet"]),
      78
    ) { scene in
      try scene.folder.write("prompts.jsonl", prompts(0..<1_000))
      try scene.startProvider(["--fail-prompt", "Prompt"])
    },
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
