/// A mustache template for prompts, parsed once and rendered for each job.
package struct PromptTemplate: Sendable {
}

/// Why a template cannot be parsed or rendered.
package struct PromptTemplateError: Error, Sendable, Equatable, CustomStringConvertible {
  package let message: String
  /// The line of the file that the template stands in; nil when rendering.
  package let line: Int?

  package var description: String { message }
}
