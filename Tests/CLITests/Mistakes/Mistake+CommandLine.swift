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
      "A number below zero",
      "Minus one means 'no limit' elsewhere.",
      run(["--budget", "-1"]),
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
    Mistake(
      "Jobs that are not named",
      "`cancel` was left without the jobs that it is for.",
      ["cancel", "results.jsonl"],
      64
    ),
    Mistake(
      "A proxy without its port",
      "Only the host of the proxy was given.",
      run(["--proxy", "http://proxy.example"]),
      64
    ),
    Mistake(
      "The password of a proxy as a flag",
      "The proxy's address is as it stands in HTTPS_PROXY.",
      run(["--proxy", "http://me:secret@proxy.example:3128"]),
      64
    ),
    Mistake(
      "A worker without a queue",
      "`work` was given the input, as `run` is.",
      ["work"] + usual,
      64
    ),
    Mistake(
      "A flag as a variable",
      "The environment was to state what only flags and job files do.",
      run(),
      64
    ) { $0.environment["NIGHTJAR_BUDGET"] = "5" },
    Mistake(
      "A model without a name",
      "A variable of the shell was empty.",
      run(["--model", ""]),
      64
    ),
    Mistake(
      "A queue that is none",
      "The input was given as the queue.",
      ["enqueue", "prompts.jsonl", "--queue", "prompts.jsonl"],
      73
    ),
    Mistake(
      "Resuming what was stopped, and not paused",
      "The run had ended early, here since nobody answered.",
      ["resume", "results.jsonl"],
      0
    ) { try $0.nightjar(run(["--give-up-after", "1"])) },
    Mistake(
      "Two outputs",
      "A second name for the results was added to the command of before.",
      run(["-o", "second.jsonl"]),
      64
    ),
    Mistake(
      "A prompt as a flag",
      "Other tools take the prompt on the command line.",
      run(["--prompt", "Sum up"]),
      64
    ),
    Mistake(
      "A parameter as a flag",
      "Other tools have a flag for the temperature.",
      run(["--temperature", "0"]),
      64
    ),
    Mistake(
      "A parameter that is no JSON",
      "A comma was written for the period.",
      run(["--param", "temperature=0,5"]),
      64
    ),
    Mistake(
      "Cancelling what is done",
      "The job had its result already.",
      ["cancel", "results.jsonl", "--id", "0"],
      0
    ) { scene in
      try scene.startProvider()
      try scene.nightjar(run())
    },
    Mistake(
      "Two ways at once",
      "Both flags for results whose prompt has changed were given.",
      run(["--allow-changed", "--rerun-changed"]),
      64
    ),
    Mistake(
      "A change for the first jobs only",
      "The prompt was changed, and a few jobs were to show what comes of it.",
      run(["--rerun-changed", "--limit", "3"]),
      64
    ),
  ]
}
