extension Mistake {
  static let withOutputs = [
    Mistake(
      "A folder that does not exist",
      "The results are to go into a folder that nobody made.",
      ["run", "prompts.jsonl", "-o", "out/results.jsonl"] + usual,
      73
    ),
    Mistake(
      "An output that is the input",
      "The same name was given twice.",
      ["run", "prompts.jsonl", "-o", "prompts.jsonl"] + usual,
      73
    ),
    Mistake(
      "Another input for the same output",
      "Another file is to be run, and the output of yesterday's run was left in the command.",
      run(input: "other.jsonl"),
      65
    ) { scene in
      try scene.startProvider()
      try scene.nightjar(run())
      try scene.folder.write("other.jsonl", prompts(5..<9))
    },
    Mistake(
      "An export over a file of your own",
      "The name of some notes was given for the export.",
      ["export", "results.jsonl", "-o", "notes.txt"],
      73
    ) { scene in
      try scene.startProvider()
      try scene.nightjar(run())
      try scene.folder.write("notes.txt", "what I thought of the results\n")
    },
    Mistake(
      "Results into a folder",
      "A folder was named for the results.",
      ["run", "prompts.jsonl", "-o", "results"] + usual,
      73
    ) { scene in try scene.folder.write("results/old.txt", "") },
  ]
}
