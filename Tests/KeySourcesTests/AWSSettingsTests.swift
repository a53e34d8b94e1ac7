import KeySources
import Testing

struct AWSSettingsTests {
  @Test(arguments: ["evil.example/", "", "a b", "x@evil.example", "eu-central-1.evil"])
  func `a region that is none is no part of a host, to which credentials would go`(
    _ region: String
  ) async throws {
    let login = ["AWS_ACCESS_KEY_ID": "AKIANOSUCHKEY1234567", "AWS_SECRET_ACCESS_KEY": "made-up"]
    let arn = "arn:aws:secretsmanager:\(region):123456789012:secret:llm"
    let error = try await AWSCaller(environment: login).failure(arn)
    #expect(error.kind == .usage && error.description.contains("no region"), "\(error)")
  }

  @Test(arguments: [
    ("AWS_ENDPOINT_URL", "http://localstack:4566"),
    ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://169.254.169.254"),
    ("AWS_ENDPOINT_URL", "ftp://127.0.0.1"),
    ("AWS_ENDPOINT_URL", "https://user:word@host"),
    ("AWS_ENDPOINT_URL", "http://127.0.0.1@evil.example"),
    ("AWS_ENDPOINT_URL", "http://127.0.0.1.evil.example"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/credentials"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://example.com"),
  ])
  func `an address that would carry secrets in clear, or is none, is refused`(
    name: String,
    url: String
  ) {
    let error = #expect(throws: KeySourceError.self) {
      try AWSSettings { $0 == name ? url : nil }
    }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains(name) == true)
    #expect(error?.description.contains("word") == false)
  }

  @Test(arguments: [
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/"), ("AWS_ENDPOINT_URL", "http://[::1]:4566"),
    ("AWS_ENDPOINT_URL", "http://localhost:4566"), ("AWS_ENDPOINT_URL", "https://proxy.example"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://example.com/credentials"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://[fd00:ec2::254]"), ("AWS_ENDPOINT_URL", ""),
  ])
  func `addresses of this machine and encrypted ones are fine`(name: String, url: String) throws {
    _ = try AWSSettings { $0 == name ? url : nil }
  }
}
