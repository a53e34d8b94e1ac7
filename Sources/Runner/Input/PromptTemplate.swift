import Mustache

/// A mustache template for prompts, parsed once and rendered for each job.
///
/// Everything is plain text: nothing is HTML-escaped, and what a field holds is never read as
/// template. Sections (`{{#field}}…{{/field}}`, `{{^field}}…{{/field}}`) ask whether a field is
/// there; a field that is written out must be there.
package struct PromptTemplate: Sendable {
  /// The largest prompt, in bytes of UTF-8; providers refuse smaller ones.
  package static let largest = 32 << 20

  /// Why one is of no use that names no field, unless files are attached to it.
  private static let constant =
    "the prompt template names no field, so that every job would send the same prompt; a field of the "
    + "line is written {{prompt}}, the text of a document {{text}}"

  private let template: MustacheTemplate
  /// A brace that the text ends in, which the mustache parser takes for a tag cut short.
  private let lastBrace: String
  private let outline: TemplateOutline
  private let firstLine: Int
  /// Bytes of the template's text.
  let size: Int
  /// The fields that it names, and perhaps other words.
  package var names: Set<String> { outline.names }
  /// Fields that every job must have.
  var needed: Set<String> { outline.needed }

  /// Parses a template.
  ///
  /// - Parameters:
  ///   - text: the template.
  ///   - firstLine: the line of its file on which `text` begins, for the error's sake.
  /// - Throws: a ``PromptTemplateError`` with the line of the first mistake.
  package init(_ text: String, firstLine: Int = 1) throws(PromptTemplateError) {
    if let place = foreignTag(in: text) {
      let line = text[..<place].count(where: \.isNewline)
      throw PromptTemplateError(
        message: "prompt templates have no partials, blocks or settings; "
          + "{{field}}, {{#field}} and {{^field}} are what there is",
        line: firstLine + line
      )
    }
    guard !text.hasSuffix("{{") else {
      throw PromptTemplateError(
        message: reason(MustacheTemplate.Error.unfinishedName),
        line: firstLine + text.count(where: \.isNewline)
      )
    }
    guard !isTooDeep(text) else {
      throw PromptTemplateError(
        message: "the prompt template has more than \(mostLevels) sections or transforms",
        line: firstLine
      )
    }
    self.firstLine = firstLine
    size = text.utf8.count
    outline = TemplateOutline(of: text)
    lastBrace = text.hasSuffix("{") ? "{" : ""
    do {
      template = try MustacheTemplate(string: plainText + text.dropLast(lastBrace.count))
    } catch let error as MustacheTemplate.ParserError {
      throw PromptTemplateError(
        message: reason(error.error),
        line: firstLine + max(0, error.context.lineNumber - 2)
      )
    } catch {
      throw PromptTemplateError(message: "the prompt template cannot be read", line: firstLine)
    }
    if let (name, line) = outline.unknownTransform {
      throw PromptTemplateError(
        message: "the prompt template has {{\(name)(…)}}, which there is not; there are "
          + "uppercased, lowercased, capitalized, reversed and empty, and in a repetition first, "
          + "last, index, even and odd",
        line: firstLine + line
      )
    }
  }

  /// What is wrong with one that is the same for every job, where nothing is attached to it; nil for
  /// any other.
  package var constantFault: PromptTemplateError? {
    outline.asksForFields ? nil : PromptTemplateError(message: Self.constant, line: firstLine)
  }

  /// Renders the prompt of one job.
  ///
  /// Everything that goes into it is counted before it does, so that a small line cannot make a prompt
  /// that fills the memory.
  ///
  /// - Throws: a ``PromptTemplateError`` that names a field which the job lacks, or says that the
  ///   prompt would be larger than ``largest``.
  package func render(_ fields: TemplateFields) throws(PromptTemplateError) -> String {
    let lookup = FieldLookup(
      fields,
      outline,
      room: RenderRoom(bytes: Self.largest - size, eachTime: outline.sectionBytes)
    )
    let text = template.render(FieldValue(.root, lookup)) + lastBrace
    if let fault = lookup.fault {
      throw PromptTemplateError(message: fault, line: nil, isMissingField: lookup.isMissingField)
    }
    return text
  }
}

/// Why a template cannot be parsed or rendered.
package struct PromptTemplateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, in plain words.
  package let message: String
  /// The line of the file that the template stands in; nil when rendering.
  package let line: Int?
  /// Whether the job lacks what the template names.
  var isMissingField = false

  package var description: String { message }
}

/// A line of its own in front of every template: render as text, not as HTML.
private let plainText = "{{% CONTENT_TYPE:TEXT}}\n"

/// The first tag that would load another template or change how this one is rendered.
private func foreignTag(in text: String) -> String.Index? {
  text.ranges(of: "{{").first { tag in
    text[tag.upperBound...].first { $0 != " " }.map { "><$%".contains($0) } ?? false
  }?.lowerBound
}

/// The mustache parser calls itself for each section and each parenthesis; more would be too much
/// for the stack.
private let mostLevels = 500

/// Whether the tags could be nested deeper than the parser can follow.
private func isTooDeep(_ text: String) -> Bool {
  let setsDelimiters = text.contains("{{=")
  var (sections, parentheses) = (0, 0)
  var last = UInt8(ascii: " ")
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "#"), UInt8(ascii: "^"):
      if setsDelimiters ? last > 0x20 : last == UInt8(ascii: "{") { sections += 1 }
    case UInt8(ascii: "("): parentheses += 1
    // No name goes on after white space.
    case ...0x20: parentheses = 0
    default: break
    }
    if max(sections, parentheses) > mostLevels { return true }
    last = byte
  }
  return false
}

private func reason(_ error: any Error) -> String {
  switch error as? MustacheTemplate.Error {
  case .sectionCloseNameIncorrect: "the template closes a section that is not the open one"
  case .expectedSectionEnd: "the template opens a section that it does not close"
  case .unfinishedName: "a {{field}} of the template is not closed, or is not a plain name"
  case .invalidSetDelimiter: "the template's {{= =}} is not two delimiters"
  default: "the template is not closed somewhere, or is not mustache"
  }
}
