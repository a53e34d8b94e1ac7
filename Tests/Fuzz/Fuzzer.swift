import Foundation
import FuzzTargets

/// What libFuzzer calls with whatever it has thought of (llvm.org/docs/LibFuzzer.html).
///
/// `NIGHTJAR_FUZZ` names the target.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  if let fault = target.fault(in: bytes) { fatalError("\(target.rawValue): \(fault)") }
  return 0
}

private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["NIGHTJAR_FUZZ"] ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("NIGHTJAR_FUZZ names none of \(names)")
  }
  return target
}()
