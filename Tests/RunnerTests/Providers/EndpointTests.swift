import Runner
import Testing

@Suite struct `Base URL` {
  @Test(arguments: [
    ("https://api.openai.com", "https://api.openai.com/v1/responses"),
    ("https://api.openai.com/", "https://api.openai.com/v1/responses"),
    ("https://api.openai.com/v1", "https://api.openai.com/v1/responses"),
    ("https://api.openai.com/v1/", "https://api.openai.com/v1/responses"),
    ("HTTPS://API.Example.COM:8443/V", "https://api.example.com:8443/V/v1/responses"),
    ("https://host/openai/v1", "https://host/openai/v1/responses"),
    ("https://host/openai", "https://host/openai/v1/responses"),
    ("https://host/api/paas/v4/", "https://host/api/paas/v4/responses"),
    ("https://host/v1beta/openai/", "https://host/v1beta/openai/responses"),
    ("https://[2001:db8::1]:9/v1", "https://[2001:db8::1]:9/v1/responses"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/responses"),
    ("http://127.255.0.9/v1", "http://127.255.0.9/v1/responses"),
    ("http://[::1]:80", "http://[::1]:80/v1/responses"),
    ("http://LocalHost:1", "http://localhost:1/v1/responses"),
  ])
  func `joins a path so that the version stands once`(_ base: String, _ url: String) throws {
    #expect(try Endpoint(base).url(for: "/v1/responses") == url)
  }

  @Test(arguments: [
    "http://api.openai.com", "http://128.0.0.1", "http://127.0.0.1.evil.test", "http://127.1",
    "http://localhost.evil.test", "http://127.0.0.256", "http://[::2]", "http://0.0.0.1",
  ])
  func `knows where what is sent would cross a network in the clear`(_ base: String) throws {
    #expect(try Endpoint(base).isExposed)
  }

  @Test(arguments: [
    "https://api.openai.com", "http://127.0.0.1:9", "http://0.0.0.0:8000", "http://[::1]",
    "http://localhost",
  ])
  func `knows where it would not`(_ base: String) throws {
    #expect(try !Endpoint(base).isExposed)
  }

  @Test(arguments: [
    "", "api.openai.com", "ftp://host", "https://", "https:///v1", "https://host:0",
    "https://host:65536", "https://host:x", "https://host:", "https://ho st", "https://host/a b",
    "https://host/../x", "https://u:p@host", "https://host?x=1", "https://host/v1?x=1",
    "https://host#f", "https://[::1", "https://[zz]", "https://host\r\nx", "https://höst",
    "https://host/%00", "https://[::1]x",
  ])
  func `refuses what is no base URL`(_ base: String) {
    #expect(throws: EndpointError.self) { try Endpoint(base) }
  }

  @Test func `never repeats a password`() {
    let error = #expect(throws: EndpointError.self) { try Endpoint("https://me:secret@host") }
    #expect(error?.message.contains("secret") == false)
  }
}
