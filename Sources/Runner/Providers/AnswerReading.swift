import JSON
import Transport

/// What the body of a successful answer turns out to be, before it is asked whether it is a result.
enum AnswerReading {
  /// JSON, or what is whole and could be made JSON.
  case json(JSONValue, mended: MendedAnswer?)
  /// No answer of the provider's: a page, a few words, nothing at all.
  case noAnswer(code: String, message: String)
  /// An answer that lacks its end, or a piece of its middle.
  case cut(String)
  /// A part of an answer, and the error that the provider reported with it.
  case brokenOff(JSONValue)
  /// An answer that is whole, was paid for and cannot be read.
  case unreadable(String)

  init(_ response: HTTPResponse) {
    let body = response.body
    do throws(JSONError) {
      self = .json(try JSONValue(parsing: body), mended: nil)
    } catch {
      self = Self.other(than: error, response, body.drop { $0 <= 0x20 })
    }
  }

  /// - Parameters:
  ///   - error: why the body is no JSON.
  ///   - start: the body without white space before it.
  private static func other(
    than error: JSONError,
    _ response: HTTPResponse,
    _ start: ArraySlice<UInt8>
  ) -> AnswerReading {
    let kind = response.header("content-type") ?? ""
    if kind.hasPrefix("text/event-stream") || StreamedAnswer.begins(start) {
      return stream(StreamedAnswer(reading: response.body))
    }
    let words = ErrorBody(text: response.body, status: response.status).message ?? ""
    if start.isEmpty || start.first == UInt8(ascii: "<") || kind.hasPrefix("text/html") {
      return .noAnswer(code: start.isEmpty ? "empty_answer" : "web_page", message: words)
    }
    let text = JSONRepair.mended(response.body)
    do throws(JSONError) {
      let mended = MendedAnswer(json: text, reason: error.description)
      return .json(try JSONValue(parsing: text), mended: mended)
    } catch let second {
      let first = text.first { $0 > 0x20 }
      guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
        return withinWords(text) ?? .noAnswer(code: "no_answer", message: words)
      }
      return second.offset >= text.count
        ? .cut("the answer is \(second)") : .unreadable("the answer is \(second)")
    }
  }

  /// An object that stands behind words, such as a comment; nil where there is none.
  private static func withinWords(_ text: [UInt8]) -> AnswerReading? {
    if !text.isEmpty, String(validating: text, as: UTF8.self) == nil {
      return .cut("the answer is no text, so its `content-encoding` may not be what it says")
    }
    let object = Array(text.drop { $0 != UInt8(ascii: "{") })
    guard !object.isEmpty else { return nil }
    do throws(JSONError) {
      let mended = MendedAnswer(json: object, reason: "it came behind other words")
      return .json(try JSONValue(parsing: object), mended: mended)
    } catch {
      return error.offset >= object.count ? .cut("the answer is \(error)") : nil
    }
  }

  private static func stream(_ stream: StreamedAnswer) -> AnswerReading {
    switch stream.whole {
    case .answer(let json):
      guard let value = try? JSONValue(parsing: json) else { return .unreadable(unknownStream) }
      return .json(value, mended: MendedAnswer(json: json, reason: "it came as a stream of events"))
    case .brokenOff(let error): return .brokenOff(error)
    case .cut: return .cut("the answer came as a stream, of which a part is missing")
    case .unknown: return .unreadable(unknownStream)
    }
  }

  private static let unknownStream =
    "the answer came as a stream of events of an unknown kind; "
    + #"ask for none with "stream": false in the request"#
}
