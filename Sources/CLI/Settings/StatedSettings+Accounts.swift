import KeySources
import Runner

// Where requests go, and with which keys and limits.
extension StatedSettings {
  private var providerName: Stated? {
    text(options.provider.provider, "--provider", "NIGHTJAR_PROVIDER", file.provider)
  }

  /// - Throws: ``CLIError`` where no provider, or an unknown one, is named.
  func providerKind() throws -> any Provider.Type {
    guard let name = providerName else {
      throw CLIError.usage(
        "no provider is named",
        next: "name it with --provider: \(providerChoice)"
          + (place.map(JobFile.isName) == true
            ? "" : ", or in a job file, whose name ends in .yaml or .yml")
      )
    }
    do throws(ProviderError) {
      return try Runner.providerKind(named: name.text)
    } catch {
      throw CLIError(sentence: "\(name.origin): \(error.message)", exitCode: 64)
    }
  }

  func provider(endpoints: [Endpoint]) throws -> any Provider {
    do throws(ProviderError) {
      return try makeProvider(
        named: providerName?.text ?? "",
        api: options.provider.api ?? file.api,
        endpoints: endpoints
      )
    } catch {
      throw CLIError(sentence: error.message, exitCode: 64)
    }
  }

  /// The accounts of the job file, or the one that the flags describe.
  ///
  /// `--key` takes the place of an account's keys and of nothing else.
  func accounts(of provider: any Provider.Type) throws -> [JobFile.Account] {
    let override = try endpointOverride()
    let customary = try customaryEndpoint(of: provider)
    let keys = try keys(ofAccounts: file.accounts.count)
    let accounts = file.accounts.isEmpty ? [JobFile.Account(name: "default")] : file.accounts
    return accounts.map { account in
      var account = account
      if let override { account.endpoints = [override] }
      if account.endpoints.isEmpty { account.endpoints = [customary ?? provider.defaultEndpoint] }
      if let keys { account.keys = keys }
      if account.keys.isEmpty { account.keys = [.environment(name: provider.keyVariable)] }
      account.limits.override(\.requestsPerMinute, by: options.pace.rpm)
      account.limits.override(\.inputTokensPerMinute, by: options.pace.itpm)
      account.limits.override(\.outputTokensPerMinute, by: options.pace.otpm)
      return account
    }
  }

  /// The keys that flags name; nil for those of the accounts.
  private func keys(ofAccounts count: Int) throws -> [KeyReference]? {
    let named = try options.keys.keys.map { text throws(KeySourceError) in try KeyReference(text) }
    guard count <= 1 || named.isEmpty else {
      throw CLIError(
        "--key names the keys of one account, and the job file lists \(count)",
        at: place,
        next: "leave --key out, or write the key into its account in the job file",
        exitCode: 64
      )
    }
    guard named.count == 1 || !named.contains(.absent) else {
      throw CLIError(
        "--key none says that the server wants no key, and another --key names one",
        next: "leave one of them out",
        exitCode: 64
      )
    }
    return named.isEmpty ? nil : named
  }

  /// The endpoint that the provider's own libraries would take from the environment, where nothing of
  /// ours names one: who has set it does not expect prompts anywhere else.
  private func customaryEndpoint(of provider: any Provider.Type) throws -> Endpoint? {
    let name = provider.keyVariable.replacing("_API_KEY", with: "_BASE_URL")
    guard let url = variable(name) else { return nil }
    do throws(EndpointError) {
      return try Endpoint(url)
    } catch {
      throw CLIError(sentence: "\(name): \(error.message)", exitCode: 64)
    }
  }

  /// The one endpoint that a flag or the environment names in place of all others.
  func endpointOverride() throws -> Endpoint? {
    guard let url = text(options.provider.baseURL, "--base-url", "NIGHTJAR_BASE_URL", nil) else {
      return nil
    }
    try refuseUnknownRegion(of: url)
    do throws(EndpointError) {
      return try Endpoint(url.text)
    } catch {
      throw CLIError(sentence: "\(url.origin): \(error.message)", exitCode: 64)
    }
  }

  /// Where data may go is for the job file to say, and a URL by itself tells no region.
  private func refuseUnknownRegion(of url: Stated) throws {
    guard file.regions.isLimited else { return }
    throw CLIError(
      "the job file allows only the regions \(file.regions.list), and \(url.origin) names an "
        + "endpoint of unknown region",
      at: place,
      next: "list the endpoint in the job file, as {url: …, region: …}",
      exitCode: 64
    )
  }
}
