import Jobs
import Runner
import Testing

@Suite struct `The place of an export` {
  private func isRefused(_ kind: FileKind, isOurs: Bool, isForced: Bool) -> Bool {
    ExportPlace.refusal(of: "a", kind, isOurs: isOurs, isForced: isForced) != nil
  }

  @Test func `may be a new file or an earlier export, and any file where that is forced`() {
    #expect(!isRefused(.absent, isOurs: false, isForced: false))
    #expect(!isRefused(.regular, isOurs: true, isForced: false))
    #expect(isRefused(.regular, isOurs: false, isForced: false))
    #expect(!isRefused(.regular, isOurs: false, isForced: true))
  }

  @Test(arguments: FileKind.allCases.filter { $0 != .absent && $0 != .regular })
  func `is never anything but a file`(_ kind: FileKind) {
    #expect(isRefused(kind, isOurs: false, isForced: false))
    #expect(isRefused(kind, isOurs: true, isForced: true))
  }
}
