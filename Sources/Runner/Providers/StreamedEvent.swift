import JSON

/// One server-sent event, read as leniently as those need that send one to nobody who asked.
struct StreamedEvent {
  /// Empty where it has none.
  private var name: String = ""
  private var data: [ArraySlice<UInt8>] = []

  /// The events that have data, in their order.
  static func all(in body: ArraySlice<UInt8>) -> [StreamedEvent] {
    var (events, event) = ([StreamedEvent](), StreamedEvent())
    for line in lines(in: body) + [[]] {
      if line.isEmpty, !event.data.isEmpty {
        events.append(event)
        event = StreamedEvent()
      } else if let value = value(of: "data:", in: line), !value.isEmpty {
        event.data.append(value)
      } else if let value = value(of: "event:", in: line) {
        event.name = String(decoding: value, as: UTF8.self)
      }
    }
    return events
  }

  /// A line ends with LF, CR or both.
  private static func lines(in body: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    let (lf, cr) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    return body.split(separator: lf, omittingEmptySubsequences: false).flatMap { line in
      (line.last == cr ? line.dropLast() : line)
        .split(separator: cr, omittingEmptySubsequences: false)
    }
  }

  private static func value(of field: String, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard line.starts(with: field.utf8) else { return nil }
    return line.dropFirst(field.utf8.count).drop { $0 == UInt8(ascii: " ") }
  }

  /// Whether it says that the stream is over.
  var isEnd: Bool { data.last?.elementsEqual("[DONE]".utf8) ?? false }

  /// Whether it only keeps the connection alive.
  var isPing: Bool { ["ping", "heartbeat", "keepalive", "keep-alive"].contains(name) }

  var isError: Bool { name == "error" }

  /// What its data says: JSON in one line or several, or in each line by itself; none if it is no JSON.
  var values: [JSONValue] {
    let each = data.filter { !$0.elementsEqual("[DONE]".utf8) }
    let values = each.compactMap { try? JSONValue(parsing: Array($0)) }
    if values.count == each.count { return values }
    return (try? JSONValue(parsing: Array(each.joined(separator: [0x0A])))).map { [$0] } ?? []
  }

  /// What it says, as an error body.
  var reported: JSONValue? {
    let value = values.first
    if let value, ErrorBody.isReported(in: value) { return value }
    var body = Array(#"{"error":"#.utf8)
    if let value {
      body.appendRaw(value.source)
    } else {
      body.appendJSON(String(decoding: Array(data.joined(separator: [0x0A])), as: UTF8.self))
    }
    body.append(UInt8(ascii: "}"))
    return try? JSONValue(parsing: body)
  }
}
