// swift-tools-version: 6.1
import PackageDescription

/// A supervisor waits: what counts is its memory at rest, of which code is the most.
let small = [SwiftSetting.unsafeFlags(["-Osize"], .when(configuration: .release))]

let package = Package(
    name: "sollol",
    platforms: [.macOS(.v13)],
    products: [.executable(name: "sollol", targets: ["sollol"])],
    targets: [
        .target(
            name: "SollolCore",
            resources: [
                .embedInCode("Remote/Shell"), .embedInCode("Survey/Shell"),
                .embedInCode("Reporting/Shell"),
            ], swiftSettings: small),
        .target(name: "SollolRuntime", dependencies: ["SollolCore"], swiftSettings: small),
        .executableTarget(
            name: "sollol", dependencies: ["SollolCore", "SollolRuntime"], swiftSettings: small),
        .executableTarget(name: "random-gguf", dependencies: ["SollolCore"]),
        .target(name: "Simulation", dependencies: ["SollolCore"]),
        .executableTarget(name: "simulate", dependencies: ["Simulation"]),
        .testTarget(name: "SimulationTests", dependencies: ["SollolCore", "Simulation"]),
        .testTarget(
            name: "SollolCoreTests", dependencies: ["SollolCore"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "SollolRuntimeTests", dependencies: ["SollolCore", "SollolRuntime"]),
        .testTarget(
            name: "ClusterTests", dependencies: ["SollolCore", "SollolRuntime"],
            exclude: ["Fixtures"]),
    ],
    swiftLanguageModes: [.v6]
)
