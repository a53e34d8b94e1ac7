import Testing
import Transport

@Suite struct WebAddressTests {
  @Test(arguments: [
    ("https://Host.Example:443/a?b", "https://host.example", "/a"),
    ("http://[2001:DB8::1]:8080", "http://[2001:db8::1]:8080", ""),
    ("HTTP://localhost:80/", "http://localhost", "/"),
  ])
  func `an address is taken apart`(text: String, origin: String, path: String) throws {
    let address = try WebAddress(text, allowsQuery: true)
    #expect(address.origin == origin && address.path == path)
  }

  @Test func `the address that servers print is this machine's`() throws {
    #expect(try WebAddress("http://0.0.0.0:8000").origin == "http://127.0.0.1:8000")
    #expect(try WebAddress("http://[::]:8000/v1").origin == "http://[::1]:8000")
  }

  @Test(arguments: [
    "http://127.0.0.1", "http://0.0.0.0", "http://127.9.8.7:1/x", "http://[::1]",
    "http://localhost",
  ])
  func `loopback is known`(text: String) throws {
    #expect(try WebAddress(text).isLoopback)
  }

  @Test(arguments: [
    "http://127.0.0.+1", "http://127.0.0.1.example", "http://127.1", "http://127.0.0.256",
    "http://127.0.0.0x1", "http://1270.0.1", "http://[::2]", "http://localhost.example",
  ])
  func `what only looks like loopback is not`(text: String) {
    #expect((try? WebAddress(text))?.isLoopback != true)
  }

  @Test(arguments: [
    ("https://me@host", WebAddress.Fault.holdsUser), ("https://host/?a", .holdsQuery),
    ("https://host#a", .holdsQuery), ("ftp://host", .notAnAddress), ("host", .notAnAddress),
    ("https://", .notAnAddress), ("https://host:0", .notAnAddress),
    ("https://host:x", .notAnAddress), ("https://[::1", .notAnAddress),
    ("https://hö", .notAnAddress), ("https://ho st", .notAnAddress),
  ])
  func `what is no plain address is refused`(text: String, fault: WebAddress.Fault) {
    #expect(throws: fault) { try WebAddress(text) }
  }
}
