import Testing

/// A shell, or a service manager, that lets no file grow beyond a size.
struct FileLimitTests {
  @Test func `a limit on the size of files is called by its name, and the run goes on without it`()
    throws
  {
    let folder = try Scratch()
    let provider = try Provider(in: folder)
    try folder.write("in.jsonl", prompts(0..<800))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"] + provider.flags()
    let command = ([Program.path] + run).joined(separator: " ")
    let limited = try Program(
      ["-c", "ulimit -f 200; exec \(command)"],
      in: folder,
      executable: "/bin/bash"
    ).ending()
    #expect(limited.status == 73, "\(limited.errors)")
    #expect(limited.errors.contains("next: raise the limit (`ulimit -f unlimited`)"))
    #expect(!limited.errors.contains("the disk is full"), "\(limited.errors)")
    #expect(try limited.report().requests_sent > 0)
    #expect(try folder.nightjar(run).status == 0)
    try folder.expectResults(0..<800)
  }
}
