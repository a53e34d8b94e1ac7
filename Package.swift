// swift-tools-version: 6.2
import PackageDescription

/// Every target of the house is built under the same settings.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
]

/// A wall of the house: what stands below it is listed, nothing else can be imported.
func room(_ name: String, on lower: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: lower, swiftSettings: strict)
}

func tests(_ name: String, of rooms: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name,
    dependencies: rooms + ["TestSupport"],
    resources: resources,
    swiftSettings: strict
  )
}

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser",
  package: "swift-argument-parser"
)
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let collections: [Target.Dependency] = [
  .product(name: "DequeModule", package: "swift-collections"),
  .product(name: "HeapModule", package: "swift-collections"),
]
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let package = Package(
  name: "nightjar",
  products: [.executable(name: "nightjar", targets: ["nightjar"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CCurl",
      pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]
    ),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CSQLite",
      pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]
    ),
    .systemLibrary(name: "CLinux"),
    .target(name: "CWipe"),
    .target(name: "CBuffers"),

    room("JSON", on: []),
    room("Secrets", on: ["CCrypto", "CLinux"]),
    room("Transport", on: ["Secrets", "CCurl", "CBuffers", "CLinux"]),
    room("KeySources", on: ["JSON", "Secrets", "Transport", "CLinux"]),
    room("Jobs", on: ["JSON", "Secrets", "CSQLite", "CLinux", sqlite]),
    room(
      "Runner",
      on: ["Jobs", "KeySources", "Transport", "JSON", "Secrets", mustache, yaml] + collections
    ),
    room("Simulator", on: [hummingbird]),
    .executableTarget(
      name: "nightjar",
      dependencies: [
        "Runner", "Jobs", "KeySources", "Transport", "JSON", "Secrets", "Simulator", "CWipe",
        "CLinux",
        argumentParser, log,
      ],
      path: "Sources/CLI",
      swiftSettings: strict
    ),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    tests("JSONTests", of: ["JSON"]),
    tests("SecretsTests", of: ["Secrets"], resources: [.copy("age-testkit")]),
    tests("TransportTests", of: ["Transport", "Secrets"]),
    tests("KeySourcesTests", of: ["KeySources", "Transport", "Secrets"]),
    tests("JobsTests", of: ["Jobs"], resources: [.copy("Resources")]),
    tests("RunnerTests", of: ["Runner", "Jobs", "KeySources", "Transport", "JSON", "Secrets"]),
    tests("SimulatorTests", of: ["Simulator"]),
    tests("CLITests", of: ["nightjar"]),
    tests("TidyTests", of: []),

    .target(
      name: "FuzzTargets",
      dependencies: ["Runner", "Jobs", "KeySources", "Transport", "JSON", "Secrets"],
      path: "Tests/FuzzTargets",
      swiftSettings: strict
    ),
    tests("FuzzTests", of: ["FuzzTargets"], resources: [.copy("corpus")]),
  ]
)

// libFuzzer brings a `main` of its own, so this is built for `make fuzz` alone.
if Context.environment["NIGHTJAR_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: ["FuzzTargets"],
      path: "Tests/Fuzz",
      swiftSettings: strict
    )
  )
}
