import Foundation
import Glibc
import Secrets
import Testing

struct ProcessHardeningTests {
  /// In a process of its own, because it cannot be undone.
  @Test func `allows no core dump, no reading by others, and no key log`() async {
    await #expect(processExitsWith: .success) {
      unsafe setenv("SSLKEYLOGFILE", "/nowhere", 1)
      unsafe setenv("OPENSSL_CONF", "/nowhere", 1)
      ProcessHardening.apply()
      var limit = rlimit()
      unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
      let kept = unsafe getenv("SSLKEYLOGFILE") != nil || getenv("OPENSSL_CONF") != nil
      exit(limit.rlim_cur == 0 && !kept && !ProcessHardening.isDumpable ? 0 : 1)
    }
  }

  @Test func `leaves no number of the standard descriptors to another file`() async {
    await #expect(processExitsWith: .success) {
      for number in 0...2 { close(Int32(number)) }
      ProcessHardening.apply()
      exit(unsafe open("/dev/null", O_RDONLY) > 2 ? 0 : 1)
    }
  }
}
