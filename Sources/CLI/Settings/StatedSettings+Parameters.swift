import JSON
import Jobs
import Runner

// The provider's own parameters.
extension StatedSettings {
  /// What the job file and the flags say of them.
  ///
  /// - Throws: ``CLIError`` with status 78 or 64 for what cannot be sent.
  func parameters(of provider: any Provider) throws -> PromptParameters {
    let places = provider.parameterPlaces
    var inFile = file.params
    if options.provider.schema == nil, let path = file.schema { inFile.append(try schema(path)) }
    let defaults: Parameters
    do throws(ParameterError) {
      defaults = try Parameters(inFile, at: places)
    } catch {
      throw CLIError(
        "`params`: \(error.message)",
        at: place.map { place in error.line.map { "\(place):\($0)" } ?? place },
        next: "correct the job file and run the same command",
        exitCode: 78
      )
    }
    return PromptParameters(at: places, defaults: defaults, overrides: try flags(at: places))
  }

  /// Of one that is given twice the later one counts.
  private func flags(at places: [String: ParameterPlace]) throws -> Parameters {
    let stated = try options.provider.params.map(parameter)
    var flags = Parameters()
    for parameter in stated {
      flags = flags.overridden(by: try placed(parameter, "--param", at: places))
    }
    guard let path = options.provider.schema else { return flags }
    guard !stated.contains(where: { $0.name == "schema" }) else {
      throw CLIError.usage("--schema and --param schema are the same", next: "keep one")
    }
    return flags.overridden(by: try placed(try schema(path), "--schema", at: places))
  }

  private func placed(
    _ parameter: Parameter,
    _ flag: String,
    at places: [String: ParameterPlace]
  ) throws -> Parameters {
    do throws(ParameterError) {
      return try Parameters([parameter], at: places)
    } catch {
      throw CLIError.usage("\(flag): \(error.message)", next: "correct it, or leave it out")
    }
  }

  /// Reads `NAME=JSON`, of which nothing but the name is ever repeated.
  private func parameter(_ text: String) throws -> Parameter {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw CLIError.usage(
        "--param is given no value",
        next: "write it as NAME=JSON: --param temperature=0.2"
      )
    }
    let name = String(parts[0])
    guard let json = Parameter.json(of: String(parts[1])) else {
      throw CLIError.usage(
        "--param \(name.prefix(60)): its value is no JSON, and can be meant in two ways",
        next:
          "write a number or true or false as JSON has it (0.5, true), and a text in quotes that "
          + "the shell leaves alone: --param 'stop=\"0,5\"'"
      )
    }
    do throws(ParameterError) {
      return try Parameter(name, json: json)
    } catch {
      throw CLIError(sentence: "--param: \(error.message)", exitCode: 64)
    }
  }

  /// The largest schema, which goes into every request.
  private static let largestSchema = 1 << 20

  private func schema(_ path: String) throws -> Parameter {
    let text = try TextFile.read(path, "the schema")
    guard text.utf8.count <= Self.largestSchema else {
      throw mistake("it has more than 1 MiB", at: path)
    }
    do {
      guard try JSONValue(parsing: Array(text.utf8)).kind == .object else {
        throw mistake("it is no JSON object", at: path)
      }
      return try Parameter("schema", json: text)
    } catch let error as JSONError {
      let line = text.utf8.prefix(error.offset).count { $0 == UInt8(ascii: "\n") } + 1
      throw mistake("it is not JSON: \(error.message)", at: "\(path):\(line)")
    }
  }

  private func mistake(_ words: String, at place: String) -> CLIError {
    CLIError(
      "the schema cannot be used: \(words)",
      at: place,
      next: "write a JSON schema into it: {\"type\": \"object\", \"properties\": …}",
      exitCode: 78
    )
  }
}
