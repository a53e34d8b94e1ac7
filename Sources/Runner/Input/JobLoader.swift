package import Jobs

/// Reads the jobs of claimed segments, each line once.
package struct JobLoader: Sendable {
  private let segments: SegmentLoader
  private let preparer: JobPreparer

  /// - Parameters:
  ///   - file: the input file; nil where segments carry their lines.
  ///   - preparer: knows what goes into the requests besides.
  package init(file: InputFile?, preparer: JobPreparer) {
    segments = SegmentLoader(file: file)
    self.preparer = preparer
  }

  /// The jobs of a segment that have no result yet, in input order, each with what is known of its
  /// earlier attempts.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` when the file was changed since it was queued.
  package func jobs(of segment: ClaimedSegment) async throws -> [(job: Job, retry: RetryableJob?)] {
    let bytes = try await segments.bytes(of: segment.segment)
    let loaded = LoadedSegment(
      lease: segment.lease,
      priority: segment.priority,
      bytes: bytes,
      lines: await preparer.jobs(
        in: LineSplitter.lines(of: bytes, firstLine: segment.firstLine),
        firstJob: segment.firstJob,
        except: segment.finished
      )
    )
    return loaded.jobs(after: segment.retryable).map { ($0, segment.retryable[$0.number]) }
  }
}

extension JobPreparer {
  /// The jobs that some lines of the input are.
  ///
  /// - Parameters:
  ///   - firstJob: the number of the first line's job.
  ///   - finished: jobs that need nothing more.
  func jobs(
    in lines: [LineSplitter.Line],
    firstJob: Int = 0,
    except finished: Set<Int> = []
  ) async -> [JobLine] {
    let lines = zip(firstJob..., lines).filter { !finished.contains($0.0) }
      .map { (number: $0, line: $1) }
    guard let documents else { return lines.map { line($0.line, of: $0.number) } }
    let paths = lines.map { Self.documentPath($0.line.bytes.content) }
    let sizes = await documents.sizes(of: paths)
    return zip(lines, zip(paths, sizes)).map { line, document in
      self.line(line.line, of: line.number, document: document.0, bytes: document.1)
    }
  }

  private func line(
    _ line: LineSplitter.Line,
    of job: Int,
    document path: String,
    bytes: Int
  ) -> JobLine {
    do throws(InputLineError) {
      let shape = try settings.shape(ofDocument: bytes)
      return self.line(line, job, path, shape, .document)
    } catch {
      let refusal = refusal("invalid_job", error.message, at: "/\(path)")
      return self.line(line, job, path, RequestShape(), .unusable(refusal))
    }
  }

  private func line(_ line: LineSplitter.Line, of job: Int) -> JobLine {
    let text = line.bytes.content
    var id = "line-\(line.number)"
    do throws(InputLineError) {
      let found = try InputLine.parse(text.span)
      id = found.id
      let shape = try settings.shape(of: found, in: text.span)
      return self.line(line, job, id, shape, .line(found.shape))
    } catch {
      let refusal = refusal("malformed_line", error.message, at: ":\(line.number)")
      return self.line(line, job, error.id ?? id, RequestShape(), .unusable(refusal))
    }
  }

  private func line(
    _ line: LineSplitter.Line,
    _ job: Int,
    _ id: String,
    _ shape: RequestShape,
    _ source: JobLine.Source
  ) -> JobLine {
    let range = line.bytes.content.indices
    return JobLine(
      number: job,
      lineNumber: line.number,
      range: range,
      id: id,
      shape: shape,
      source: source
    )
  }
}
