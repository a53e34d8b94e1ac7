import Foundation
import Glibc
import Testing

/// Numbers that no run can be made with, wherever they stand.
struct SettingsTests {
  private let run = ["run", "in.jsonl", "-o", "out.jsonl", "--provider", "openai", "--model", "m"]

  private func folder() throws -> Scratch {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<1))
    return folder
  }

  @Test func `a file of settings that cannot be read says why, and keeps nobody waiting`() throws {
    let folder = try Scratch()
    #expect(unsafe mkfifo(folder.path(of: "pipe.yaml"), 0o600) == 0)
    try folder.write("folder.yaml/x", "")
    try Data([0x6D, 0x3A, 0xFF]).write(to: URL(fileURLWithPath: folder.path(of: "bytes.yaml")))
    let causes = [
      "pipe.yaml": "it is a named pipe", "folder.yaml": "it is a folder",
      "bytes.yaml": "it is not UTF-8 text", "absent.yaml": "no such file",
    ]
    for (name, cause) in causes {
      for arguments in [["run", name], ["prices", "--prices", name]] {
        let ending = try folder.nightjar(arguments)
        #expect(ending.status == 66 && ending.errors.contains(cause), "\(ending.errors)")
      }
    }
  }

  @Test func `a key that takes long is named`() throws {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<1))
    let key = ["--key", "exec:sleep 4; echo made-up-key"]
    let flags = ["--provider", "openai", "--model", "m", "--base-url", "http://127.0.0.1:9"]
    let program = try Program(["run", "in.jsonl", "-o", "out.jsonl"] + flags + key, in: folder)
    try folder.wait(for: "word of the key") {
      program.errors.contains("waiting for the key of the account default: exec:")
    }
    program.send(signal: SIGKILL)
  }

  @Test(arguments: [
    ("--give-up-after", "nan"), ("--give-up-after", "1e30"), ("--give-up-after", "-1"),
    ("--timeout", "inf"), ("--grace", "0"), ("--park-for", "-inf"), ("--wait-for-secrets", "nan"),
    ("--concurrency", "0"), ("--concurrency", "100001"), ("--concurrency", "9223372036854775808"),
    ("--rpm", "0"), ("--itpm", "9223372036854775807"), ("--otpm", "1e3"), ("--limit", "0"),
    ("--max-tokens", "-5"), ("--max-attempts", "1000000"), ("--memory", "12"), ("--memory", "1PB"),
    ("--memory", "nan"), ("--budget", "nan"),
  ])
  func `a flag with a number out of range is refused by its name`(
    flag: String,
    text: String
  ) throws {
    let ending = try folder().nightjar(run + ["\(flag)=\(text)"])
    #expect(ending.status == 64, "\(ending.errors)")
    #expect(ending.errors.contains(flag), "\(ending.errors)")
  }

  @Test(arguments: ["0", "-100", "abc", "1e2", "100001", "nan"])
  func `a variable with a number out of range is refused by its name`(text: String) throws {
    let ending = try folder().nightjar(run, environment: ["NIGHTJAR_CONCURRENCY": text])
    #expect(ending.status == 64, "\(ending.errors)")
    #expect(ending.errors.contains("NIGHTJAR_CONCURRENCY"), "\(ending.errors)")
    #expect(ending.errors.contains("from 1 to 100000"), "\(ending.errors)")
  }

  @Test(arguments: [
    "concurrency: 9223372036854775807", "concurrency: 1000000", "memory: .inf", "timeout: .nan",
    "memory: 2", "lease: 0.5", "grace: -1", "limit: 0", "max_tokens: 99999999999",
    "accounts: [{limits: {requests_per_minute: 9223372036854775807}}]",
  ])
  func `a line of the job file with a number out of range is refused by its place`(
    line: String
  ) throws {
    let folder = try folder()
    try folder.write("job.yaml", "input: in.jsonl\noutput: o.jsonl\nprovider: openai\n\(line)\n")
    let ending = try folder.nightjar(["run", "job.yaml"])
    #expect(ending.status == 78, "\(ending.errors)")
    #expect(ending.errors.contains("job.yaml:4"), "\(ending.errors)")
  }

  @Test func `an unknown provider is refused with where it was named`() throws {
    let flag = try folder().nightjar(["run", "in.jsonl", "-o", "o", "--provider", "opnai"])
    #expect(flag.status == 64)
    #expect(flag.errors.contains("--provider"), "\(flag.errors)")
    let variable = try folder().nightjar(
      ["run", "in.jsonl", "-o", "o"],
      environment: ["NIGHTJAR_PROVIDER": "opnai"]
    )
    #expect(variable.status == 64)
    #expect(variable.errors.contains("NIGHTJAR_PROVIDER"), "\(variable.errors)")
  }

  @Test func `a variable that is all but one of ours is refused, and any other is told of`() throws
  {
    let run = ["run", "in.jsonl", "-o", "o", "--provider", "openai", "--model", "m"]
    let near = try folder().nightjar(run, environment: ["NIGHTJAR_CONCURENCY": "9"])
    #expect(near.status == 64)
    #expect(near.errors.contains("did you mean NIGHTJAR_CONCURRENCY?"), "\(near.errors)")
    let far = try folder().nightjar(run, environment: ["NIGHTJAR_WEATHER": "fine"])
    #expect(far.errors.contains("warning: NIGHTJAR_WEATHER is no setting"), "\(far.errors)")
    #expect(!far.errors.contains("error: NIGHTJAR_WEATHER"))
  }

  @Test(arguments: [
    (["run", "in.jsonl", "-o", "o", "--budget", "$5"], "such as 12.50"),
    (["keys", "rotate", "a", "--overlap", "5"], "such as 45s"),
    (["keys", "add", "a", "--expires", "tomorrow"], "2027-01-31"),
  ])
  func `a value that cannot be says what can be`(_ arguments: [String], _ example: String) throws {
    let ending = try folder().nightjar(arguments)
    #expect(ending.status == 64)
    #expect(ending.errors.contains(example), "\(ending.errors)")
  }

  @Test func `a CA file that holds no certificate is told at once`() throws {
    let ending = try folder().nightjar(
      [
        "run", "in.jsonl", "-o", "o", "--provider", "openai", "--model", "m", "--key",
        "env:REHEARSAL", "--ca-file", "in.jsonl",
      ]
    )
    #expect(ending.status == 78)
    #expect(ending.errors.contains("BEGIN CERTIFICATE"), "\(ending.errors)")
  }

  @Test func `a CA file that would be waited for is refused at once`() throws {
    let folder = try folder()
    #expect(unsafe mkfifo(folder.path(of: "ca.pem"), 0o600) == 0)
    let ending = try folder.nightjar(
      [
        "run", "in.jsonl", "-o", "o", "--provider", "openai", "--model", "m", "--key",
        "env:REHEARSAL", "--ca-file", "ca.pem",
      ]
    )
    #expect(ending.status == 78)
    #expect(ending.errors.contains("is no regular file"), "\(ending.errors)")
    #expect(ending.errors.contains("next: "), "\(ending.errors)")
  }

  @Test func `a key by flag leaves the limits and models of the job file as they are`() throws {
    let folder = try folder()
    let provider = try Provider(["--models", "there"], in: folder)
    try folder.write(
      "job.yaml",
      """
      input: in.jsonl
      output: out.jsonl
      provider: anthropic
      model: here
      max_tokens: 9
      accounts:
        - name: main
          keys: [env:NOWHERE]
          endpoints: ["\(provider.url)"]
          models: {here: there}
          limits: {requests_per_minute: 1, ceiling: true}

      """
    )
    let estimate = try folder.nightjar(["estimate", "job.yaml", "--key", "env:REHEARSAL"]).output
    #expect(estimate.contains("bound by requests_per_minute"), "\(estimate)")
    let ending = try folder.nightjar(["run", "job.yaml", "--key", "env:REHEARSAL"])
    #expect(ending.status == 0, "\(ending.errors)")
  }

  @Test func `a key by flag is refused where it could be for any of several accounts`() throws {
    let folder = try folder()
    try folder.write(
      "job.yaml",
      """
      input: in.jsonl
      output: out.jsonl
      provider: openai
      accounts: [{name: a, keys: [env:A]}, {name: b, keys: [env:B]}]

      """
    )
    let ending = try folder.nightjar(["run", "job.yaml", "--key", "env:REHEARSAL"])
    #expect(ending.status == 64)
    #expect(ending.errors.contains("--key"), "\(ending.errors)")
  }
}
