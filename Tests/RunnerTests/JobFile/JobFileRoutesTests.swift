import KeySources
import Runner
import Testing
import Transport

struct JobFileRoutesTests {
  @Test func `routes and how endpoints are reached are read`() throws {
    let text = """
      routes:
        office: {proxy: "https://proxy.example:3128", user: env:U, password: "file:pw", ca_file: o.pem,
          no_proxy: [localhost, 10.0.0.0/8]}
        socks: {proxy: "socks5h://127.0.0.1:1080"}
        line: {connect_to: "line.example:8443"}
        local: {unix: gateway.sock}
      accounts:
        - keys: env:K
          endpoints:
            - url: https://a.example
              routes: [direct, office, line]
              order: listed
              tls: {ca_file: c.pem, client_certificate: me.pem, client_key: me.key, pin: sha256//x}
              http: 2
              streams_per_connection: 10
              network: {ip: 4, interface: eth1, resolve: {a.example: 10.1.2.3}, user_timeout: 5}
            - {url: "https://b.example", http: 1.1, routes: local}
      """
    let job = try JobFile(reading: text, file: "work/job.yaml")
    let proxy = Route.Proxy(url: "https://proxy.example:3128", caFile: "work/o.pem")
    var office = JobFile.NamedRoute("office", .proxy(proxy))
    office.user = .environment(name: "U")
    office.password = .file(path: "work/pw")
    office.exceptions = ProxyExceptions("localhost 10.0.0.0/8")
    #expect(
      job.routes == [
        office,
        JobFile.NamedRoute("socks", .proxy(Route.Proxy(url: "socks5h://127.0.0.1:1080"))),
        JobFile.NamedRoute("line", .line(to: "line.example:8443")),
        JobFile.NamedRoute("local", .unix("work/gateway.sock")),
      ]
    )
    let reaches = job.accounts[0].endpoints.map(\.reach)
    #expect(reaches[0].routes == ["direct", "office", "line"] && reaches[0].order == .listed)
    var settings = Route(caFile: "work/c.pem")
    settings.clientCertificate = "work/me.pem"
    settings.clientKey = "work/me.key"
    settings.pin = "sha256//x"
    settings.streamsPerConnection = 10
    settings.addressFamily = .ipv4
    settings.interface = "eth1"
    settings.addresses = ["a.example": "10.1.2.3"]
    settings.pathTimeout = .seconds(5)
    #expect(reaches[0].settings == settings && reaches[0].line == 10)
    #expect(reaches[1].routes == ["local"] && reaches[1].settings.versions == .onlyHTTP1)
  }

  @Test(arguments: [
    ("routes:\n  a: {}", 2, "the route `a` must be one of `proxy`, `connect_to` and `unix`"),
    (
      "routes:\n  a: {unix: s, connect_to: \"h:1\"}", 2,
      "the route `a` must be one of `proxy`, `connect_to` and `unix`, and is connect_to and unix"
    ),
    (
      "routes:\n  direct: {unix: s}", 2,
      "`direct` is the way without any of these, and always there; name this route otherwise"
    ),
    ("routes:\n  a: {connect_to: host}", 2, "`connect_to` must be host:port"),
    (
      "routes:\n  a: {proxy: ftp://h:1}", 2,
      "`proxy` must be a URL with host and port, of http://, https://, socks5:// or socks5h://"
    ),
    ("routes:\n  a: {proxy: \"http://h:1\", ca_file: x}", 2, "`ca_file` is for an https:// proxy"),
    (
      "routes:\n  a: {proxy: \"http://h:1\", user: env:U}", 2,
      "a login is `user` and `password`, each a key reference"
    ),
    ("routes:\n  a: {unix: s,\n    user: env:U}", 3, "`user` is for a route by `proxy`"),
    (
      "routes: {office: {unix: s}}\nbase_url: {url: https://a.io, routes: ofice}", 2,
      "there is no route `ofice` in `routes`; did you mean `office`?"
    ),
    (
      "base_url: {url: https://a.io, order: listed}", 1,
      "`order` is for an endpoint with several `routes`"
    ),
    (
      "base_url: {url: https://a.io, http: 1.1, streams_per_connection: 5}", 1,
      "`streams_per_connection` is of HTTP/2, and `http` is 1.1"
    ),
    (
      "base_url: {url: https://a.io, tls: {client_key: k}}", 1,
      "`client_key` stands without `client_certificate`"
    ),
    (
      "base_url: {url: https://a.io, network: {resolve: {a.io: b.io}}}", 1,
      "`resolve` must give a host an IP address"
    ),
    ("base_url: {url: https://a.io, http: 3}", 1, "`http` must be one of 1.1, 2"),
  ])
  func `what cannot be is said with its line`(text: String, line: Int, message: String) {
    let error = #expect(throws: JobFileError.self) { try JobFile(reading: text, file: "job.yaml") }
    #expect(error?.description == "job.yaml:\(line): \(message)")
  }
}
