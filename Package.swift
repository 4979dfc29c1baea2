// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "sollol",
    platforms: [.macOS(.v13)],
    products: [.executable(name: "sollol", targets: ["sollol"])],
    targets: [
        .target(name: "SollolCore"),
        .target(name: "SollolRuntime", dependencies: ["SollolCore"]),
        .executableTarget(name: "sollol", dependencies: ["SollolCore", "SollolRuntime"]),
        .executableTarget(name: "random-gguf", dependencies: ["SollolCore"]),
        .target(name: "Simulation", dependencies: ["SollolCore"]),
        .executableTarget(name: "simulate", dependencies: ["Simulation"]),
        .testTarget(name: "SimulationTests", dependencies: ["SollolCore", "Simulation"]),
        .testTarget(
            name: "SollolCoreTests", dependencies: ["SollolCore"],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "SollolRuntimeTests", dependencies: ["SollolCore", "SollolRuntime"]),
        .testTarget(name: "ClusterTests", dependencies: ["SollolCore", "SollolRuntime"]),
    ],
    swiftLanguageModes: [.v6]
)
