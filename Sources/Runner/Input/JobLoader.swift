package import Jobs

/// Reads the jobs of claimed segments, each line once.
package struct JobLoader: Sendable {
  private let segments: SegmentLoader
  private let preparer: JobPreparer

  /// - Parameters:
  ///   - file: the input file; nil where segments carry their lines.
  ///   - table: what it holds, where that is no lines.
  ///   - preparer: knows what goes into the requests besides.
  package init(file: InputFile?, table: Table? = nil, preparer: JobPreparer) {
    segments = SegmentLoader(file: file, table: table)
    self.preparer = preparer
  }

  /// The jobs of a segment that have no result yet, in input order, each with what is known of its
  /// earlier attempts.
  ///
  /// - Throws: ``StoreError`` `.inputChanged` when the file was changed since it was queued.
  package func jobs(of segment: ClaimedSegment) async throws -> [(job: Job, retry: RetryableJob?)] {
    let read = try await segments.load(segment.segment)
    let loaded = LoadedSegment(
      lease: segment.lease,
      priority: segment.priority,
      bytes: read.bytes,
      lines: await preparer.jobs(
        in: read.lines,
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
    let lines = Array(zip(firstJob..., lines).filter { !finished.contains($0.0) })
    guard let documents else {
      var jobs: [JobLine] = []
      for (number, line) in lines {
        let job = job(number, line)
        jobs.append(job.namesFiles ? await attaching(to: job, line) : job)
      }
      return jobs
    }
    let paths = lines.map { Self.documentPath($0.1.bytes.content) }
    let rules = provider.attachmentRules(for: settings.model ?? "")
    let seen = await documents.looks(at: paths) { look in
      let isAttached = look.kind.mediaType != nil
      let attached = isAttached ? rules?.shape(of: AttachmentExtent(look), bytes: look.size) : nil
      return (bytes: look.size, attached: attached)
    }
    return zip(lines, zip(paths, seen)).map { job($0.0, $0.1, document: $1.0, $1.1) }
  }

  private func job(
    _ number: Int,
    _ line: LineSplitter.Line,
    document path: String,
    _ seen: (bytes: Int, attached: AttachedShape?)
  ) -> JobLine {
    do throws(InputLineError) {
      let shape = try settings.shape(ofDocument: seen.bytes, attached: seen.attached)
      return JobLine(number, line, id: path, shape: shape, source: .document)
    } catch {
      let refusal = refusal("invalid_job", error.message, at: "/\(path)")
      return JobLine(number, line, id: path, shape: RequestShape(), source: .unusable(refusal))
    }
  }

  /// The job of a line that names files, with what they will be in its request by what is seen before
  /// they are read.
  private func attaching(to job: JobLine, _ line: LineSplitter.Line) async -> JobLine {
    guard case .line(let source) = job.source, let files,
      let rules = provider.attachmentRules(for: job.shape.model),
      let paths = try? settings.files(of: source, in: line.bytes.content.span)
    else { return job }
    let seen = await files.looks(at: paths) { look in
      rules.shape(of: AttachmentExtent(look), bytes: look.size)
    }
    let shape = job.shape.attaching(AttachedShape.sum(seen))
    return JobLine(job.number, line, id: job.id, shape: shape, source: job.source)
  }

  private func job(_ number: Int, _ line: LineSplitter.Line) -> JobLine {
    var id = "line-\(line.number)"
    do throws(InputLineError) {
      let found = try InputLine.read(line, idField: idField)
      id = found.id
      let shape = try settings.shape(of: found, in: line.bytes.content.span)
      return JobLine(number, line, id: id, shape: shape, source: .line(found.shape))
    } catch {
      let refusal = refusal(error.code, error.message, at: ":\(line.number)")
      return JobLine(
        number,
        line,
        id: error.id ?? id,
        shape: RequestShape(),
        source: .unusable(refusal)
      )
    }
  }
}
