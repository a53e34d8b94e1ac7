import Foundation
import TestSupport
import Testing

/// Tables as inputs: CSV and TSV, from files and pipes, resumed and changed.
struct TableInputTests {
  private let folder: Scratch
  private let provider: Provider

  init() throws {
    folder = try Scratch()
    provider = try Provider(["--latency", "20ms"], in: folder)
  }

  private func run(
    _ input: String,
    _ flags: [String] = [],
    pipe: String? = nil
  ) throws -> Program.Ending {
    try folder.nightjar(
      ["run", input, "-o", "out.jsonl"] + provider.flags() + flags,
      input: pipe ?? ""
    )
  }

  /// A table of the jobs of ``prompts(_:)`` with a column that nobody asks for, a field of two lines,
  /// and no line break at its end.
  private func rows(_ numbers: Range<Int>, header: String = "id,note,prompt") -> String {
    ([header] + numbers.map { "\($0),\"a\n\"\"b\"\", c\",Prompt \($0)" }).joined(separator: "\r\n")
  }

  private func count(_ prompt: String) -> Int {
    provider.requests.count { $0.prompt_hash == promptHash(prompt) }
  }

  @Test func `a table is run, and run again when rows are appended`() throws {
    try folder.write("in.csv", rows(0..<700))
    let first = try run("in.csv")
    #expect(first.status == 0, "\(first.errors)")
    try folder.expectResults(0..<700)
    #expect(try run("in.csv").status == 0 && provider.requests.count == 700)
    try folder.append("in.csv", "\r\n700,,Prompt 700\n\n,,\n701,,Prompt 701\n")
    let second = try run("in.csv")
    #expect(second.status == 0, "\(second.errors)")
    try folder.expectResults(0..<702)
    #expect(provider.requests.count == 702)
  }

  @Test func `a killed run goes on with what is left`() throws {
    try folder.write("in.csv", rows(0..<3_000))
    let arguments =
      ["run", "in.csv", "-o", "out.jsonl", "--concurrency", "50"] + provider.flags()
    let program = try Program(arguments, in: folder)
    try folder.wait(for: "300 results") { folder.lines("out.jsonl").count >= 300 }
    program.send(signal: SIGKILL)
    _ = program.ending()
    let ending = try run("in.csv")
    #expect(ending.status == 0, "\(ending.errors)")
    try folder.expectResults(0..<3_000)
  }

  @Test func `a changed row is refused by its line, or done again`() throws {
    try folder.write("in.csv", rows(0..<300))
    #expect(try run("in.csv").status == 0)
    let changed = rows(0..<300).replacing(",Prompt 7\r\n", with: ",Other words\r\n")
    try folder.write("in.csv", changed)
    let refused = try run("in.csv")
    #expect(refused.status == 65, "\(refused.errors)")
    #expect(refused.errors.contains("in.csv:16: job \"7\""), "\(refused.errors)")
    let again = try run("in.csv", ["--rerun-changed"])
    #expect(again.status == 0 && count("Other words") == 1, "\(again.errors)")
    #expect(provider.requests.count == 301)
  }

  @Test func `another first line makes other rows`() throws {
    try folder.write("in.csv", rows(0..<5))
    #expect(try run("in.csv").status == 0)
    try folder.write("in.csv", rows(0..<5, header: "id,nota,prompt"))
    let refused = try run("in.csv")
    #expect(refused.status == 65, "\(refused.errors)")
    #expect(refused.errors.contains("5 completed jobs are no longer"), "\(refused.errors)")
  }

  @Test func `bad rows fail alone, by the line on which they begin, and the file can be run`()
    throws
  {
    let bad =
      "1,Prompt 1\n2,a,b\n\"3\",\"x\ny\",z\n4,\"open\n5,Prompt 5\n6,\"Prompt\n6\"\n7,\" \"\n8,\u{1}\n"
    var bytes = Data(("id,prompt\n" + bad).utf8)
    bytes.append(contentsOf: Array("9,".utf8) + [0xFF, 0x0A])
    try folder.write("in.csv", bytes)
    let ending = try run("in.csv")
    #expect(ending.status == 1, "\(ending.errors)")
    let lines = try folder.failures().map { $0.error.message.prefix { $0 != " " } }
    #expect(lines.sorted() == ["in.csv:10:", "in.csv:12:", "in.csv:3:", "in.csv:4:", "in.csv:6:"])
    #expect(try folder.results().map(\.custom_id).sorted() == ["1", "5", "6", "8"])
    let strict = try run("in.csv", ["--strict"])
    #expect(strict.status == 65 && strict.errors.contains("5 bad lines"), "\(strict.errors)")
  }

  @Test func `failed rows can be run again as they are, with the columns nobody needs`() throws {
    try folder.write("in.csv", rows(0..<3))
    let refusing = try Provider(["--fail-prompt", "Prompt"], in: folder)
    let ending = try folder.nightjar(["run", "in.csv", "-o", "out.jsonl"] + refusing.flags())
    #expect(ending.status == 1, "\(ending.errors)")
    let again = try folder.nightjar(
      ["run", "out.failed.jsonl", "-o", "second.jsonl"] + provider.flags()
    )
    #expect(again.status == 0, "\(again.errors)")
    try folder.expectResults(0..<3, in: "second.jsonl")
  }

  @Test func `a pipe is read as a table where that is stated, and again`() throws {
    let flags = ["--input-format", "csv"]
    let first = try run("-", flags, pipe: rows(0..<300))
    #expect(first.status == 0, "\(first.errors)")
    let second = try run("-", flags, pipe: rows(0..<310))
    #expect(second.status == 0, "\(second.errors)")
    try folder.expectResults(0..<310)
    #expect(provider.requests.count == 310)
  }

  @Test func `columns are the fields of a template, and a queue takes rows`() throws {
    try folder.write("in.tsv", "Bird Name\tnote\nowl\tx\nowl\ty\n")
    try folder.write(
      "job.yaml",
      "input: in.tsv\noutput: out.jsonl\nprompt: \"About {{Bird_Name}}\"\n"
    )
    let ending = try folder.nightjar(["run", "job.yaml"] + provider.flags())
    #expect(ending.status == 0, "\(ending.errors)")
    #expect(try folder.results().map(\.custom_id).sorted() == ["1", "2"])
    #expect(count("About owl") == 2)
    try folder.write("job.yaml", "input: in.tsv\nqueue: q\nprompt: \"On {{Bird_Name}}\"\n")
    #expect(try folder.nightjar(["enqueue", "job.yaml"]).status == 0)
    let work = ["work", "job.yaml", "--until-empty"] + provider.flags()
    let worked = try folder.nightjar(work)
    #expect(worked.status == 0 && count("On owl") == 2, "\(worked.errors)")
  }

  @Test(arguments: [
    ("id,,prompt\n1,a,b\n", [], "column 2 of the table has no name", 66),
    ("id,prompt\n1,b\n", ["--id-field", "key"], "the table has no column `key`", 66),
    ("id,text\n1,b\n", [], "the table has no column `prompt`", 64),
    ("id,prompt\n", [], "the input has no jobs", 66),
    ("\u{FEFF}\n", [], "the input has no jobs", 66),
    ("{\"id\":1,\"prompt\":\"p\"}\n", [], "as lines of JSON do", 66),
    ("id,prompt\r1,a\r", [], "text without line feeds", 66),
    ("PAR1....", [], "a Parquet file", 66),
  ])
  func `what cannot be run is said before anything is made`(
    _ text: String,
    _ flags: [String],
    _ words: String,
    _ status: Int32
  ) throws {
    try folder.write("in.csv", text)
    let ending = try run("in.csv", flags)
    #expect(ending.status == status, "\(ending.errors)")
    #expect(ending.errors.contains(words), "\(ending.errors)")
    #expect(!folder.exists("out.jsonl") && !folder.exists("out.jsonl.nightjar"))
    #expect(provider.requests.isEmpty)
  }

  @Test func `an estimate and a dry run read the same rows`() throws {
    try folder.write("in.csv", rows(0..<3))
    let dry = try run("in.csv", ["--dry-run"])
    #expect(dry.status == 0 && dry.output.contains("Prompt 2"), "\(dry.errors)")
    let estimate = try folder.nightjar(["estimate", "in.csv"] + provider.flags())
    #expect(estimate.status == 0, "\(estimate.errors)")
    #expect(estimate.output.contains("\"jobs\":3"), "\(estimate.output)")
  }

  /// Runs SQL on a database of the folder.
  private func sqlite(_ name: String, _ sql: String) throws {
    let script =
      "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])"
    let python = try #require(Tool.find("python3"))
    let ending = try Program(["-c", script, name, sql], in: folder, executable: python).ending()
    #expect(ending.status == 0, "\(ending.errors)")
  }

  @Test func `the rows of a database are jobs, and only new ones are sent later`() throws {
    let rows = (0..<300).map { "(\($0),'Prompt \($0)',x'00ff','it''s \"a\"\nb')" }
    try sqlite("in.db", "create table t (id integer, prompt text, blob, note)")
    try sqlite("in.db", "insert into t values " + rows.joined(separator: ","))
    let first = try run("in.db?t")
    #expect(first.status == 0, "\(first.errors)")
    try folder.expectResults(0..<300)
    let query = ["--sql", "select id, prompt, note, null as system from t order by id"]
    let second = try folder.nightjar(
      ["run", "in.db", "-o", "second.jsonl"] + query + provider.flags()
    )
    #expect(second.status == 0, "\(second.errors)")
    try folder.expectResults(0..<300, in: "second.jsonl")
    try sqlite("in.db", "insert into t values (300,'Prompt 300',null,null)")
    let third = try folder.nightjar(
      ["run", "in.db", "-o", "second.jsonl"] + query + provider.flags()
    )
    #expect(third.status == 0, "\(third.errors)")
    try folder.expectResults(0..<301, in: "second.jsonl")
    #expect(provider.requests.count == 601)
  }

  @Test func `a text of a database arrives as it is, and one that is none fails alone`() throws {
    try sqlite(
      "in.db",
      """
      create table t (id text, prompt text);
      insert into t values ('x', 'Prompt 0'), (cast(x'780079' as text), 'Prompt 1'),
        ('bad', cast(x'50ff' as text)), ('long', cast(zeroblob(70000000) as text)),
        ('last', 'Prompt 2');
      """
    )
    let ending = try run("in.db?t")
    #expect(ending.status == 1, "\(ending.errors)")
    let ids = Set(try folder.results().map(\.custom_id))
    #expect(ids == ["x", "x\0y", "last"], "\(ids)")
    let failed = folder.read("out.failed.jsonl")
    #expect(folder.lines("out.failed.jsonl").count == 2 && failed.contains("line_too_long"))
    #expect(failed.contains("UTF-8"), "\(failed)")
  }

  @Test func `a database that another program keeps locked is waited for, and told of`() throws {
    try sqlite("in.db", "create table t (id, prompt); insert into t values (1, 'Prompt 1')")
    let script =
      "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
      + "c.execute('begin exclusive'); print('locked', flush=True); sys.stdin.read()"
    let python = try #require(Tool.find("python3"))
    let holder = try Program(["-c", script, "in.db"], in: folder, executable: python, pipe: Pipe())
    defer { holder.send(signal: SIGKILL) }
    try folder.wait(for: "a lock") { holder.output.contains("locked") }
    let ending = try run("in.db?t")
    #expect(ending.status == 75 && ending.errors.contains("keeps the database locked"))
  }

  @Test(arguments: [
    (["in.db"], "an SQLite database", 66), (["in.db?u"], "no such table: u", 66),
    (["in.db", "--sql", "delete from t"], "the rows cannot be read", 66),
    (["in.csv", "--sql", "select 1"], "--sql is for an SQLite database", 64),
    (["in.db", "--sql", "select 1 as id, 2 as id"], "two columns `id`", 66),
  ])
  func `rows that cannot be read are told before anything is made`(
    _ input: [String],
    _ words: String,
    _ status: Int32
  ) throws {
    try folder.write("in.csv", "id,prompt\n")
    try sqlite("in.db", "create table t (id, prompt); insert into t values (1, 'Prompt 1')")
    let ending = try run(input[0], Array(input.dropFirst()))
    #expect(ending.status == status, "\(ending.errors)")
    #expect(ending.errors.contains(words), "\(ending.errors)")
    #expect(!folder.exists("out.jsonl") && provider.requests.isEmpty)
  }
}
