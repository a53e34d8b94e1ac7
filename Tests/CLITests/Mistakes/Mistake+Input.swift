extension Mistake {
  static let inInputs = [
    Mistake(
      "An input that does not exist",
      "The name of the input was mistyped.",
      run(input: "promts.jsonl"),
      66
    ),
    Mistake("An empty input", "The program that writes the prompts wrote none.", run(), 66) {
      try $0.folder.write("prompts.jsonl", "")
    },
    Mistake(
      "A bad line, under --strict",
      "The last line was cut off.",
      run(["--strict"]),
      65
    ) { try $0.folder.append("prompts.jsonl", #"{"id":"3","pro"#) },
    Mistake(
      "A field that a job file does not have",
      "`max_tokens` was written as one of the OpenAI API's other names.",
      ["run", "job.yaml"],
      78
    ) {
      try $0.folder.write(
        "job.yaml",
        "input: prompts.jsonl\noutput: results.jsonl\nprovider: anthropic\nmax_token: 256\n"
      )
    },
  ]
}
