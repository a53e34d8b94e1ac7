import ArgumentParser
import Runner

/// `nightjar prices`: what models cost, as a file to edit.
struct PricesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prices",
    abstract: "Print the prices in use, as a file to edit.",
    discussion: """
      Costs, estimates and budgets go by these prices, in dollars for a million tokens. Those built \
      in age; a file of your own goes before them, for the models it names:

        nightjar prices > prices.yaml
        nightjar run jobs.yaml --prices prices.yaml --budget 20

      The file may also be named by `prices` in the job file, or lie at \
      ~/.config/nightjar/prices.yaml. It needs to hold only what is new:

        my-model: {input: 0.40, output: 1.60}
        "my-company/*": {input: 1, output: 4, cache_read: 0.10, cache_write: 1.25}
      """
  )

  @Option(
    help: ArgumentHelp("Prices that go before the built-in ones.", valueName: "file"),
    completion: .file()
  )
  var prices: String?

  func run() throws {
    let file = PricesFile(prices)
    let prices = try file.prices()
    guard let path = file.path else { return printResult(String(listPrices.dropLast())) }
    printResult("# Dollars for a million tokens: \(path), then the built-in prices.")
    printResult(String(prices.yaml.dropLast()))
  }
}
