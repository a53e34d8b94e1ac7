import Foundation
import Testing

struct FailingAlikeTests {
  @Test func `a run whose jobs all fail alike says why and what next, and goes on when told`()
    throws
  {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<60))
    let provider = try Provider(["--fail-prompt", "Prompt"], in: folder)
    let run = ["run", "in.jsonl", "-o", "out.jsonl", "--concurrency", "5"] + provider.flags()
    let ending = try folder.nightjar(run)
    #expect(ending.status == 78)
    #expect(provider.requests.count < 30)
    #expect(folder.lines("out.failed.jsonl").isEmpty)
    for word in ["HTTP 400", "\(provider.url)/v1/messages", "every job was kept", "--keep-going"] {
      #expect(ending.errors.contains(word), "\(ending.errors)")
    }
    let rest = try folder.nightjar(run + ["--keep-going"])
    #expect(rest.status == 1)
    #expect(folder.lines("out.failed.jsonl").count == 60)
    #expect(rest.errors.contains("60 jobs failed with HTTP 400"), "\(rest.errors)")
    let status = try folder.nightjar(["status", "out.jsonl"])
    #expect(status.output.contains("60 jobs failed with HTTP 400"), "\(status.output)")
  }
}
