import Jobs
import Runner
import Testing

@Suite struct `The head of an input` {
  private static let job = #"{"id":"a","prompt":"p"}"# + "\n"

  @Test(arguments: [
    ("\u{1F}\u{8B}\u{8}\0abc", "a gzip file"), ("BZh91AY&SY", "a bzip2 file"),
    ("PAR1....", "a Parquet file"), ("SQLite format 3\0....", "an SQLite database"),
    ("%PDF-1.7\n", "a PDF"), ("PK\u{3}\u{4}....xl/workbook.xml", "an Excel workbook"),
    ("PK\u{3}\u{4}....word/document.xml", "a Word document"),
    (String(repeating: "\0", count: 257) + "ustar", "a tar archive"),
    ("{\"id\":\"a\"}\r{\"id\":\"b\"}\r", "text without line feeds"),
    ("PK\u{3}\u{4}....mimetype", "a ZIP archive"), ("\u{89}PNG\r\n\u{1A}\n\0\0", "a PNG image"),
    ("name;caf\u{E9}\nx;y\n", "text in another encoding than UTF-8"),
    ("{\0\"\0i\0d\0", "UTF-16LE text"),
    ("\0{\0\"\0i", "UTF-16BE text"), ("\u{FF}\u{FE}{\0\"\0", "UTF-16 text"),
    ("\u{FE}\u{FF}\0{", "UTF-16 text"), ("\u{28}\u{B5}\u{2F}\u{FD}x", "a zstd file"),
  ])
  func `tells a format by its first bytes`(_ text: String, _ name: String) {
    // Each character is a byte.
    let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    #expect(format(bytes)?.name == name)
  }

  @Test(arguments: [
    ("[\n" + job + "]\n", "jq -c '.[]'"), ("[" + job.dropLast() + "]", "jq -c '.[]'"),
    ("[\n{\n \"id\": 1\n}, {\"id\": 2}\n]", "jq -c '.[]'"), ("[]", "jq -c '.[]'"),
    (#"["one", "two"]"#, "jq -c 'to_entries[] | {id: .key, prompt: .value}'"),
    ("[1,2]\n[3,4]\n", "jq -c '{id: .[0], prompt: .[1]}'"),
    (#"{"requests":[{"custom_id":"a","params":{}}]}"#, "jq -c '.requests[]'"),
    ("{\"requests\":[\n" + job + "]}", "jq -c '.requests[]'"),
    ("{\n  \"meta\": {\"n\": 1},\n  \"my data\": [\n    {\"id\": 1}", #"jq -c '.["my data"][]'"#),
    ("{\n  \"id\": \"a\",\n  \"prompt\": \"p\"\n}\n", "jq -c ."),
    ("{\n  \"id\": 1\n}\n{\n  \"id\": 2\n}\n", "jq -c ."),
  ])
  func `JSON that is not line by line is taken apart with jq`(_ text: String, _ command: String) {
    #expect(format(text)?.command == command)
  }

  @Test(arguments: [
    ("id,prompt\n1,hello\n", "CSV"), ("\u{FEFF}\"id\",\"prompt\"\r\n\"1\",\"a, b\"\r\n", "CSV"),
    ("id\tprompt\n1\thello\n", "TSV"), ("id;prompt\n1;hello\n", "CSV with semicolons"),
    ("What is 2+2?\nWho was Ada?\n", "plain text"), ("Hello, world\nGood, bye\n", "plain text"),
    ("\"one\"\n\"two\"\n", "a JSON text on each line"), ("id: 1\nprompt: p\n", "plain text"),
    ("input: a.jsonl\noutput: b.jsonl\n", "a job file"),
    ("{'id': 1, 'prompt': 'p'}\n{'id': 2, 'prompt': 'q'}\n", "Python's own notation"),
    ("{\"id\":1},\n{\"id\":2} , \r\n{\"id\":3}\n", "objects with commas between them"),
    ("{\"id\":1},\n", "objects with commas between them"),
    ("{\"id\":1} {\"id\":2}{\"id\":3}\n", "objects one after the other on a line"),
    ("{\"id\":1}\u{2028}{\"id\":2}\n", "objects parted by U+2028"),
  ])
  func `texts are told apart`(_ text: String, _ name: String) {
    #expect(format(text)?.name == name)
  }

  @Test(arguments: [
    "", "\n \n", job, job + job, "\u{FEFF}" + job, "\n\n" + job, "# a comment\n" + job,
    "[broken\n" + job + job, "[1]\n" + job, #"{"prompt":"no id"}"# + "\n", #"{"id":"a","prompt":"#,
    "{\"id\":\"a\",\n" + job, "{\"id\":\"cut off\n" + job + job, "{broken}\n" + job,
    #"{"messages":[{"role":"user","content":"p"}]}"#, #"{"data":[{"x":1}],"id":"a"}"#,
    #"{"data":[{"x":1}]}"# + "\n" + job, "{\"id\":\"a\",\"prompt\":\"one\ntwo\"}\n",
    "{\"id\":1},\n" + job + job, "{\"id\":1};\n",
  ])
  func `lines that may be jobs are left to speak for themselves`(_ text: String) {
    #expect(InputHead(Array(text.utf8), isWhole: true) == .lines)
  }

  @Test(arguments: [
    "", "W", "What is 2+2?\nWho", "{\"id\":", "{\"x\":[{}]}", "[1,2]\n[3", " \n", "{\n",
  ])
  func `more is read where a pipe has not said enough`(_ text: String) {
    #expect(InputHead(Array(text.utf8), isWhole: false) == .undecided)
  }

  @Test func `one line is enough of a pipe whose writer waits for its answer`() {
    #expect(InputHead(Array(Self.job.utf8), isWhole: false) == .lines)
    #expect(InputHead(Array(Self.job.dropLast().utf8), isWhole: false) == .undecided)
  }

  @Test func `a long text without any JSON is told before its end`() {
    let text = String(repeating: "Tell me a story. ", count: InputHead.enough / 16)
    guard case .foreign(let format) = InputHead(Array(text.utf8), isWhole: false) else {
      return #expect(Bool(false))
    }
    #expect(format.name == "plain text")
  }

  @Test(arguments: [
    ("a b.txt", [], #"< 'a b.txt' > 'a b.jsonl'"#), ("t.txt", ["t.jsonl"], "> t-converted.jsonl"),
    ("in.jsonl", [], "< in.jsonl > in-converted.jsonl"), ("d.1/t", [], "< d.1/t > d.1/t.jsonl"),
    ("it's", [], #"< 'it'\''s' > 'it'\''s.jsonl'"#), ("-x.txt", [], "< '-x.txt' > '-x.jsonl'"),
  ])
  func `the command names files as a shell takes them and writes over none`(
    _ input: String,
    _ taken: [String],
    _ words: String
  ) throws {
    let format = try #require(self.format("[1,2]\n[3,4]\n"))
    let error = format.error(of: input, isTaken: { taken.contains($0) })
    #expect(error.code == .inputMissing)
    #expect(error.message.contains(words + "`"), "\(error.message)")
  }

  @Test(arguments: [
    ("\u{1F}\u{8B}\u{8}\0abc", "t.csv.gz", "`gunzip -c < t.csv.gz > t.csv`"),
    ("\u{28}\u{B5}\u{2F}\u{FD}x", "t.jsonl.zst", "`zstd -dc < t.jsonl.zst > t.jsonl`"),
    ("\u{1F}\u{8B}\u{8}\0abc", "t.gz", "`gunzip -c < t.gz > t.jsonl`"),
    ("\u{FF}\u{FE}i\0d\0", "t.csv", "< t.csv > t-converted.csv`"),
    ("a,b\r1,2\r", "t.csv", "> t-converted.csv`"),
    ("PAR1....", "d/t.parquet", ".to_csv(sys.argv[2], index=False)' d/t.parquet d/t.csv`"),
  ])
  func `the converted file bears a name by which it is read`(
    _ text: String,
    _ input: String,
    _ words: String
  ) throws {
    let bytes = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    let error = try #require(self.format(bytes)).error(of: input, isTaken: { _ in false })
    #expect(error.message.contains(words), "\(error.message)")
  }

  @Test func `what no command converts is told with the line that a job is`() throws {
    let error = try #require(self.format([0x89, 0x50, 0, 1, 0, 7])).error(of: nil) { _ in false }
    #expect(error.message.hasPrefix("the input is binary data, not lines of JSON: make a line"))
  }

  private func format(_ text: String) -> ForeignFormat? { format(Array(text.utf8)) }

  private func format(_ bytes: [UInt8]) -> ForeignFormat? {
    guard case .foreign(let format) = InputHead(bytes, isWhole: true) else { return nil }
    return format
  }
}
