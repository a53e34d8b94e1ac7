/// The proxy that the environment names, as curl reads it: heeded with `--proxy env`, and else only told
/// of.
enum CustomaryProxy {
  private static let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]

  /// The first variable that names one; nil where none does.
  static func variable(in environment: (String) -> String?) -> String? {
    names.first { environment($0)?.isEmpty == false }
  }
}
