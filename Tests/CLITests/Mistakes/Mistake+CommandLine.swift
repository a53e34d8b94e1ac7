extension Mistake {
  static let onTheCommandLine = [
    Mistake(
      "A mistyped command",
      "Two letters are the wrong way round.",
      ["rnu", "jobs.yaml"],
      64
    ),
    Mistake(
      "No command",
      "The input was given to nightjar itself.",
      ["prompts.jsonl", "-o", "results.jsonl"],
      64
    ),
    Mistake("A mistyped flag", "A letter is missing.", run(["--concurency", "50"]), 64),
    Mistake(
      "No output",
      "Where the results go was not said.",
      ["run", "prompts.jsonl"] + usual,
      64
    ),
    Mistake(
      "A number out of range",
      "Nobody sends requests with a concurrency of none.",
      run(["--concurrency", "0"]),
      64
    ),
    Mistake(
      "The status of a batch that is not there",
      "The name of the results was mistyped.",
      ["status", "result.jsonl"],
      66
    ),
    Mistake(
      "An id that no job has",
      "A job is to be done again, by an id that is not in the input.",
      ["retry", "results.jsonl", "--id", "letter-17"],
      64
    ) { scene in
      try scene.startProvider()
      try scene.nightjar(run())
    },
  ]
}
