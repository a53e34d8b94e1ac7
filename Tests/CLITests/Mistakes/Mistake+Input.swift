import Foundation

extension Mistake {
  static let inInputs = [
    Mistake(
      "An input that does not exist",
      "The name of the input was mistyped.",
      run(input: "promts.jsonl"),
      66
    ),
    Mistake("An input without a name", "A variable of the shell is not set.", run(input: ""), 64),
    Mistake(
      "A pipe as the input",
      "The lines come out of another program, by `<(…)` of the shell.",
      run(input: "pipe"),
      66
    ) { _ = unsafe mkfifo($0.folder.path(of: "pipe"), 0o600) },
    Mistake("An empty input", "The program that writes the prompts wrote none.", run(), 66) {
      try $0.folder.write("prompts.jsonl", "")
    },
    Mistake(
      "A table under a name that does not say so",
      "The prompts came from a spreadsheet.",
      run(input: "prompts.txt"),
      66
    ) { try $0.folder.write("prompts.txt", "id,prompt\n1,\"Hello, you\"\n") },
    Mistake(
      "A table with a column that has no name",
      "The index of a data frame was written too.",
      run(input: "prompts.csv"),
      66
    ) { try $0.folder.write("prompts.csv", ",id,prompt\n0,1,\"Hello, you\"\n") },
    Mistake(
      "A JSON array as the input",
      "The prompts were written with one call of a JSON library.",
      run(input: "prompts.json"),
      66
    ) { try $0.folder.write("prompts.json", "[\n  {\"id\": 1, \"prompt\": \"Hello\"}\n]\n") },
    Mistake(
      "A compressed input",
      "The prompts were downloaded as they are kept.",
      run(input: "prompts.jsonl.gz"),
      66
    ) { try $0.folder.write("prompts.jsonl.gz", Data([0x1F, 0x8B, 0x08, 0x00])) },
    Mistake(
      "A text file as the input",
      "There is a prompt on each line, and nothing else.",
      run(input: "prompts.txt"),
      66
    ) { try $0.folder.write("prompts.txt", "What is 2 + 2?\nWho was Ada Lovelace?\n") },
    Mistake(
      "A pattern that the shell filled in",
      "It was not quoted.",
      ["run", "docs/1.txt", "docs/2.txt", "-o", "results.jsonl"] + usual,
      64
    ) { scene in
      for name in ["docs/1.txt", "docs/2.txt"] { try scene.folder.write(name, "A letter.\n") }
    },
    Mistake(
      "A folder of inputs",
      "Each file has many prompts, and would be sent as one.",
      run(input: "shards"),
      66
    ) { try $0.folder.write("shards/1.jsonl", prompts(0..<3)) },
    Mistake(
      "A template that names no field",
      "Its field has one pair of braces, as in Python.",
      ["run", "job.yaml"],
      78
    ) {
      try $0.folder.write("docs/1.txt", "A letter.\n")
      try $0.folder.write(
        "job.yaml",
        "input: docs\noutput: results.jsonl\nprovider: anthropic\nmodel: claude-opus-4-6\n"
          + "max_tokens: 64\nprompt: \"Summarise: {text}\"\n"
      )
    },
    Mistake(
      "A prompt of nothing",
      "A cell of the spreadsheet was empty.",
      run(["--strict"]),
      65
    ) { try $0.folder.append("prompts.jsonl", #"{"id":"4","prompt":" \n"}"# + "\n") },
    Mistake(
      "A parameter beside the prompt",
      "`temperature` was put into a plain line, where nothing reads it.",
      run(["--strict"]),
      65
    ) {
      try $0.folder.write("prompts.jsonl", #"{"id":"1","prompt":"Hello","temperature":0}"# + "\n")
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
    Mistake(
      "A parameter at the top of a job file",
      "`temperature` was written beside `model`.",
      ["run", "job.yaml"],
      78
    ) { try $0.writeJob("temperature: 0.2\n") },
    Mistake(
      "A setting among the parameters",
      "`max_tokens` was put where the provider's own parameters are.",
      ["run", "job.yaml"],
      78
    ) { try $0.writeJob("params:\n  temperature: 0.2\n  max_tokens: 256\n") },
    Mistake(
      "A number that is none in JSON",
      "A parameter begins with its period.",
      ["run", "job.yaml"],
      78
    ) { try $0.writeJob("params:\n  top_p: .5\n") },
    Mistake(
      "A parameter that the API does not have",
      "OpenAI's responses know no stop sequences.",
      ["run", "job.yaml", "--provider", "openai", "--api", "responses"],
      78
    ) { try $0.writeJob("params: {stop: END}\n") },
    Mistake(
      "A schema that is no JSON",
      "A comma stands before a brace.",
      ["run", "job.yaml"],
      78
    ) { scene in
      try scene.folder.write("answer.json", "{\n  \"type\": \"object\",\n}\n")
      try scene.writeJob("schema: answer.json\n")
    },
    Mistake(
      "A line's parameter that is a setting",
      "A whole request was put into `params`, and `id` in the place of `custom_id`.",
      run(["--strict"]),
      65
    ) {
      try $0.folder.write("prompts.jsonl", #"{"id":"1","params":{"messages":[]}}"# + "\n")
    },
    Mistake(
      "An estimate of what cannot be sent",
      "The lines name their prompts as another tool does.",
      ["estimate", "prompts.jsonl"] + usual,
      65
    ) { try $0.folder.write("prompts.jsonl", #"{"id":"0","question":"What is a nightjar?"}"#) },
  ]
}
