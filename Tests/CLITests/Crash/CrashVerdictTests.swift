import Foundation
import Testing

/// The judge of the drills finds what it is there for.
struct CrashVerdictTests {
  /// Three jobs: 0 was in flight at a kill and sent again, 1 was kept by then, 7 failed.
  private struct Case {
    var output = Case.result(0) + Case.result(1)
    var failures = #"{"id":"7","prompt":"Prompt 7","error":{"code":"no","message":"no"}}"# + "\n"
    var shown = Case.result(0)
    var asked = [(0, 0), (1, 100), (7, 200), (0, 300)]
    var kills = [KilledProcess(inFlight: [0, 1], kept: [1], shown: [], ledgerSize: 200)]
    var unknown = 1

    func problems() throws -> [String] {
      let report = #"""
        {"total":3,"completed":2,"failed":1,"pending":0,"unknown":\#(unknown),"requests_sent":4,
        "retries":0,"rate_limited":0,"cancelled":0,"held":0,"late":0,"late_kept":0,"usage":{"input_tokens":0,"output_tokens":0}}
        """#
      let verdict = CrashVerdict(
        jobs: [0, 1, 7],
        output: output,
        failures: failures,
        shown: shown,
        asked: asked.map { CrashVerdict.Asked(job: $0, offset: $1) },
        kills: kills,
        report: try JSONDecoder().decode(Report.self, from: Data(report.utf8))
      )
      return verdict.problems
    }

    static func result(_ job: Int) -> String {
      let text = "Rehearsal \(promptHash("Prompt \(job)")) for"
      return #"{"id":"job_\#(job)","custom_id":"\#(job)","response":{"status_code":200,"body":"#
        + #"{"content":[{"text":"\#(text)"}]}},"nightjar":{"attempts":1,"account":"a","#
        + #""key":"k","endpoint":"e","latency_ms":1,"#
        + #""usage":{"input_tokens":1,"output_tokens":1}}}"# + "\n"
    }
  }

  private static func problems(_ change: (inout Case) -> Void) throws -> [String] {
    var sample = Case()
    change(&sample)
    return try sample.problems()
  }

  @Test func `a batch that is as promised has no problems`() throws {
    #expect(try Self.problems { _ in } == [])
  }

  @Test func `a job with two results or none is found`() throws {
    #expect(try Self.problems { $0.output += Case.result(1) } == ["job 1 has 2 results"])
    #expect(try Self.problems { $0.failures = "" } == ["job 7 has 0 results"])
  }

  @Test func `a torn line is found`() throws {
    let torn = try Self.problems { $0.output += #"{"id":"job_1""# }
    #expect(torn.contains("the results end in a torn line"))
  }

  @Test func `the answer of another job is found`() throws {
    let problems = try Self.problems {
      $0.output = $0.output.replacing(promptHash("Prompt 1"), with: promptHash("Prompt 2"))
    }
    #expect(problems.contains("job 1 has 0 results"))
  }

  @Test func `a line that was shown and is gone is found`() throws {
    let problems = try Self.problems { $0.shown = Case.result(1) }
    #expect(problems == ["lines that were shown have gone or changed"])
  }

  @Test func `a job that was not in flight and is asked twice is found`() throws {
    let problems = try Self.problems { $0.asked.append((7, 400)) }
    #expect(problems == ["job 7 was asked 2 times, in flight at 0 kills"])
  }

  @Test func `a job that is asked after its answer was kept is found`() throws {
    let problems = try Self.problems {
      $0.asked[1] = (1, 250)
    }
    #expect(problems == ["job 1 was asked again after its answer was kept"])
  }

  @Test func `a wrong number of unknown jobs is found`() throws {
    let problems = try Self.problems { $0.unknown = 2 }
    #expect(problems == ["2 reported as unknown, 1 left by the kills"])
  }
}
