import KeySources
import Testing

struct VaultAddressTests {
  @Test(arguments: [
    "https://vault.example.com:8200": "https://vault.example.com:8200/v1/a/b",
    "https://Vault.Example.com/": "https://vault.example.com/v1/a/b",
    "https://vault.example.com:443": "https://vault.example.com/v1/a/b",
    "https://gateway.example.com//vault/": "https://gateway.example.com/vault/v1/a/b",
    "http://127.0.0.1:8200": "http://127.0.0.1:8200/v1/a/b",
    "http://localhost:8100": "http://localhost:8100/v1/a/b",
    "http://[::1]:8200": "http://[::1]:8200/v1/a/b",
  ])
  func `an API path is put behind the address`(text: String, url: String) throws {
    #expect(try VaultAddress(text, isProxied: false).url(of: "a/b") == url)
  }

  @Test(arguments: [
    "http://vault.example.com:8200", "http://127.0.0.1.example.com", "http://127.0.0.256",
    "http://127.0.0.+1",
    "http://localhost.example.com", "http://10.0.0.1:8200", "http://[::2]:8200",
  ])
  func `a token never travels in the clear`(text: String) {
    let problem = #expect(throws: KeySourceError.self) { try VaultAddress(text, isProxied: false) }
    #expect(problem?.kind == .usage)
    #expect(problem?.description.contains("https://") == true)
  }

  @Test func `plain HTTP to this machine does not go through a proxy`() {
    #expect(throws: KeySourceError.self) {
      try VaultAddress("http://127.0.0.1:8200", isProxied: true)
    }
  }

  @Test(arguments: [
    "", "vault.example.com:8200", "ftp://vault.example.com", "https://", "https:///x",
    "https://user:canary@vault.example.com", "https://vault.example.com?canary",
    "https://vault.example.com/#canary", "https://vault.example.com/ canary",
    "https://vault.example.com/%2e%2e/canary", "unix:///run/canary.sock",
  ])
  func `what is no address is refused, and not repeated`(text: String) {
    let problem = #expect(throws: KeySourceError.self) { try VaultAddress(text, isProxied: false) }
    #expect(problem?.kind == .usage)
    #expect(problem?.description.contains("canary") == false)
  }
}
