// swift-tools-version: 6.1
import PackageDescription

/// A supervisor waits: what counts is its memory at rest, of which code is the most.
let small = [SwiftSetting.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// Names of symbols are a quarter of the file, and nobody on a control machine reads them.
let stripped = [
    LinkerSetting.unsafeFlags(
        ["-Xlinker", "--strip-all"], .when(platforms: [.linux], configuration: .release))
]

/// A room of the core, which holds values and policy and does nothing. It may use only rooms that
/// stand above it, so that a circle does not build.
///
/// - Parameter embeds: what of its folder becomes bytes in the binary, such as the shell programs
///   in `Shell`.
func room(
    _ name: String, uses rooms: [Target.Dependency], embeds: [String] = []
) -> Target {
    .target(
        name: name, dependencies: rooms, resources: embeds.map { .embedInCode($0) },
        swiftSettings: small)
}

let package = Package(
    name: "sollol",
    platforms: [.macOS(.v13)],
    products: [.executable(name: "sollol", targets: ["sollol"])],
    targets: [
        room("Basics", uses: []),
        room("LlamaCpp", uses: ["Basics"]),
        room("Model", uses: ["Basics"]),
        room("Placement", uses: ["Basics", "Model"]),
        room("Sharding", uses: ["Basics", "Model", "Placement"]),
        room("Facts", uses: ["Basics", "LlamaCpp", "Model", "Placement"]),
        // What a key means is said once, in the document for people, which lies here as a link.
        room(
            "Configuration", uses: ["Basics", "LlamaCpp", "Model", "Placement"],
            embeds: ["CONFIGURATION.md"]),
        room(
            "Plan",
            uses: [
                "Basics", "LlamaCpp", "Model", "Placement", "Sharding", "Facts", "Configuration",
            ]),
        room("Remote", uses: ["Basics", "Configuration", "Plan"], embeds: ["Shell"]),
        room(
            "Survey",
            uses: [
                "Basics", "LlamaCpp", "Model", "Placement", "Sharding", "Facts", "Configuration",
                "Plan", "Remote",
            ], embeds: ["Shell"]),
        room("Supervision", uses: ["Basics", "Facts", "Configuration", "Plan", "Remote"]),
        room("Status", uses: ["Basics", "Placement", "Plan", "Supervision"]),
        room(
            "Reporting",
            uses: [
                "Basics", "LlamaCpp", "Model", "Placement", "Sharding", "Plan", "Remote", "Survey",
            ],
            embeds: ["Shell"]),
        room(
            "Dashboard",
            uses: ["Basics", "Placement", "Plan", "Remote", "Supervision", "Status"],
            embeds: ["Page"]),
        // Not `Runtime`, which is a module of Swift's own.
        .target(
            name: "SollolRuntime",
            dependencies: [
                "Basics", "LlamaCpp", "Model", "Placement", "Sharding", "Facts", "Configuration",
                "Plan", "Remote", "Survey", "Supervision", "Status", "Dashboard",
            ], path: "Sources/Runtime",
            swiftSettings: small),
        .executableTarget(
            name: "sollol",
            dependencies: [
                "Basics", "Model", "Placement", "Sharding", "Facts", "Configuration", "Plan",
                "Survey", "Status", "Reporting", "SollolRuntime",
            ],
            resources: [.embedInCode("Shell")],
            swiftSettings: small,
            linkerSettings: stripped),
        // Optimised for tests, too, which make models of many megabytes.
        .target(
            name: "ModelMaker", dependencies: ["Basics", "Model"],
            swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),
        .executableTarget(name: "random-gguf", dependencies: ["Basics", "ModelMaker"]),
        .executableTarget(name: "lying-host", dependencies: ["Basics"]),
        .target(
            name: "Simulation",
            dependencies: [
                "Basics", "Placement", "Facts", "Configuration", "Plan", "Remote", "Supervision",
            ]),
        .executableTarget(name: "simulate", dependencies: ["Simulation"]),
        // What tests of several rooms share; a test target, since it looks inside the rooms.
        .testTarget(
            name: "Samples",
            dependencies: [
                "Basics", "Model", "Facts", "Configuration", "Plan", "Remote", "Supervision",
                "ModelMaker",
            ]),
        .testTarget(
            name: "BasicsTests", dependencies: ["Basics", "Configuration", "Samples"]),
        .testTarget(
            name: "LlamaCppTests", dependencies: ["Basics", "LlamaCpp", "Plan", "Samples"]),
        .testTarget(
            name: "ModelTests",
            dependencies: ["Basics", "Model", "Placement", "ModelMaker", "Samples"]),
        .testTarget(
            name: "PlacementTests",
            dependencies: ["Basics", "Model", "Placement", "ModelMaker", "Samples"]),
        .testTarget(
            name: "ShardingTests",
            dependencies: [
                "Basics", "Model", "Placement", "Sharding", "ModelMaker", "Samples",
            ]),
        .testTarget(
            name: "FactsTests",
            dependencies: [
                "Basics", "Model", "Placement", "Facts", "Plan", "Survey", "Reporting", "Samples",
            ]),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "Basics", "LlamaCpp", "Facts", "Configuration", "Plan", "Survey", "Samples",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(name: "RepositoryTests"),
        .testTarget(
            name: "PlanTests",
            dependencies: [
                "Basics", "LlamaCpp", "Placement", "Facts", "Configuration", "Plan", "Survey",
                "Supervision",
                "Reporting", "Samples",
            ]),
        .testTarget(
            name: "RemoteTests", dependencies: ["Basics", "Remote", "Samples"]),
        .testTarget(
            name: "SurveyTests",
            dependencies: [
                "Basics", "LlamaCpp", "Model", "Sharding", "Facts", "Configuration", "Plan",
                "Remote",
                "Survey", "Samples",
            ]),
        .testTarget(
            name: "SupervisionTests",
            dependencies: ["Basics", "Configuration", "Plan", "Remote", "Supervision", "Samples"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "StatusTests",
            dependencies: [
                "Basics", "Configuration", "Placement", "Supervision", "Status", "Samples",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "DashboardTests",
            dependencies: [
                "Basics", "Configuration", "Plan", "Remote", "Supervision", "Status", "Dashboard",
                "Samples",
            ]),
        .testTarget(
            name: "ReportingTests",
            dependencies: [
                "Basics", "LlamaCpp", "Model", "Facts", "Configuration", "Plan", "Remote", "Survey",
                "Reporting", "ModelMaker", "Samples",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "RuntimeTests",
            dependencies: [
                "Basics", "LlamaCpp", "Facts", "Configuration", "Plan", "Remote", "Survey",
                "Supervision", "Status", "Dashboard", "Reporting", "SollolRuntime", "Samples",
            ]),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Basics", "Supervision", "Simulation", "Samples"]),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "Basics", "LlamaCpp", "Sharding", "ModelMaker", "Configuration", "Plan", "Remote",
                "Survey",
                "Supervision", "Status", "SollolRuntime",
            ], exclude: ["Fixtures"]),
    ],
    swiftLanguageModes: [.v6]
)
