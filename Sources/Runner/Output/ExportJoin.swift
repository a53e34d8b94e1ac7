import JSON
package import Jobs

/// The lines of a batch's input beside its results.
package struct ExportJoin: Sendable {
  private let loader: SegmentLoader
  /// The members that each result is told with.
  package let columns: [ExportField]
  /// Whether one of them says which job it is.
  package let hasID: Bool

  /// - Parameters:
  ///   - input: of the batch, by which its segments are read.
  ///   - format: how a file is written; nil where its name says that.
  /// - Throws: ``StoreError`` where the input cannot be read, or names no columns.
  package init(
    _ inspector: any BatchInspector,
    _ input: BatchInput,
    _ format: InputFormat?
  ) async throws {
    let settings = RequestSettings(json: try await inspector.settings())
    var file: InputFile?
    var table: Table?
    if input.kind == .file {
      let opened = try InputFile(path: input.path)
      let run = RunInput(
        source: .file(opened),
        name: input.path,
        path: input.path,
        idField: settings?.idField
      )
      let known = format ?? InputFormat(ofName: input.path) ?? .jsonl
      table = try await run.table(known, numbersRows: true).table
      file = opened
    }
    loader = SegmentLoader(file: file, table: table)
    if let table {
      columns = zip(table.fields, table.names).map { ExportField(input: $0, named: $1) }
    } else {
      columns = try await Self.members(loader, inspector).map { ExportField(input: $0) }
    }
    hasID = settings?.idField == nil && columns.contains { $0.name == "id" }
  }

  /// The members of the first line that has any.
  private static func members(
    _ loader: SegmentLoader,
    _ inspector: any BatchInspector
  ) async throws -> [String] {
    for try await segment in inspector.segments {
      for line in try await Self.lines(of: segment, loader) {
        guard let names = line?.members?.map(\.name), !names.isEmpty else { continue }
        var seen: Set = ["nightjar"]
        return names.filter { seen.insert($0).inserted }
      }
    }
    return []
  }

  /// The lines of a segment's jobs, in their order; none where they are gone.
  func lines(of segment: Segment) async throws -> [JSONValue?] {
    try await Self.lines(of: segment, loader)
  }

  private static func lines(
    of segment: Segment,
    _ loader: SegmentLoader
  ) async throws -> [JSONValue?] {
    do {
      let lines = try await loader.load(segment).lines
      return lines.map { try? JSONValue(parsing: Array($0.bytes.content)) }
    } catch let error as StoreError where error.code == .inputChanged {
      throw StoreError(
        .inputChanged,
        "the input is no longer what was queued (from line \(segment.firstLine) on), so that its lines "
          + "cannot stand beside the answers",
        at: error.place,
        next: "restore the input, or run the batch with it again, and export after that"
      )
    }
  }
}
