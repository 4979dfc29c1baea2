import Foundation
import Testing

/// Real GPU back ends, computed by processors (Mesa's lavapipe): devices, their names, their memory
/// and the reports of where weights are come from llama.cpp's Vulkan code.
///
/// ggml-org/llama.cpp 11435 and 18208: a device over RPC is given more than it has, with plenty
/// left on others; 9118, 11339: shaders are compiled at the first load, without a word.
@Suite(
    .enabled(
        if: TestEnvironment.canRunVulkan,
        "skipped: no Vulkan; deploy/install-llama-cpp --software-vulkan"))
struct GPUTests {
    private struct Plan: Decodable {
        struct Node: Decodable {
            var name: String
            var device: String
            var layers: [Int]?
            var limit_bytes: Int?

            var text: String {
                guard let layers else { return "no layer" }
                return layers[0] == layers[1]
                    ? "layer \(layers[0])" : "layers \(layers[0])-\(layers[1])"
            }
        }
        var nodes: [Node]
    }

    /// Large enough that a layer of it is more than what a proof takes for a GPU's padding.
    private static func model() throws -> String {
        try TestEnvironment.model(["--layers", "6", "--embedding", "256", "--feed-forward", "512"])
    }

    private func plan(_ cluster: LocalCluster) throws -> [Plan.Node] {
        let program = try cluster.sollol("plan", "--format", "json")
        let text = program.standardOutput()
        guard program.exitStatus() == 0 else { throw TestFailure("\(text) \(program.lines)") }
        return try JSONDecoder().decode(Plan.self, from: Data(text.utf8)).nodes
    }

    /// A worker with two GPUs, one with a GPU and its CPU, one with a CPU: each device may hold
    /// what is free on it, gets its layers, and is proven and shown alone. Shaders are compiled at
    /// the first load, for longer than a load may stand still.
    @Test func workersWithGPUs() throws {
        let cluster = try LocalCluster(
            workers: 3, model: Self.model(), timeouts: "\"progress\": 5")
        for (number, devices) in [(0, "0,0"), (1, "0")] {
            let port = cluster.ports[number]
            let environment = TestEnvironment.vulkanVariables(devices)
                .map { "\"\($0)\": \"\($1)\"" }.joined(separator: ", ")
            let named = number == 0 ? "" : "\"devices\": [\"Vulkan0\", \"CPU\"], "
            try cluster.edit(
                "\"127.0.0.1:\(port)\"",
                """
                {"host": "127.0.0.1", "port": \(port), \(named)"environment": {\(environment)},
                 "binary": "\(TestEnvironment.vulkanFolder)/bin/ggml-rpc-server"}
                """)
        }
        let check = try cluster.sollol("check")
        let told = check.standardOutput()
        #expect(check.exitStatus() == 0, "\(told)")
        let nodes = try plan(cluster)
        #expect(nodes.map(\.device) == ["RPC0", "RPC1", "RPC2", "RPC3", "RPC4"])
        // CPUs share what the host has, GPUs have their own: what Mesa says, which is all of it.
        let limits = nodes.map { $0.limit_bytes ?? 0 }
        for gpu in limits[0...2] {
            for cpu in limits[3...] { #expect(gpu > cpu + cpu / 2, "\(limits)") }
        }

        let program = try cluster.serving()
        try program.waitFor("next:")
        let lines = program.lines
        // By what `up` has recorded: free memory is another one than a moment before.
        for (name, own) in Dictionary(grouping: try plan(cluster), by: \.name) {
            let line = lines.first { $0.contains(" \(name) (127.0.0.1:") } ?? ""
            for node in own where own.count > 1 {
                #expect(line.contains("\(node.text) on \(node.device), "), "\(lines)")
            }
        }
        #expect(!lines.contains { $0.contains("error: ") || $0.contains("restarting") })
        #expect(try cluster.tokens(count: 2).count == 2)
        program.signal(SIGTERM)
        #expect(program.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    /// Beside a worker that has a CPU only, the coordinator's GPU takes part, though both are on
    /// one host.
    @Test func theCoordinatorsOwnGPU() throws {
        let cluster = try LocalCluster(workers: 1, model: Self.model())
        let wrapper = cluster.folder + "/llama-server"
        let variables = TestEnvironment.vulkanVariables("0")
            .map { "export \($0)='\($1)'\n" }.joined()
        try "#!/bin/sh\n\(variables)exec \(TestEnvironment.vulkanFolder)/bin/llama-server \"$@\"\n"
            .write(toFile: wrapper, atomically: true, encoding: .utf8)
        chmod(wrapper, 0o755)
        try cluster.edit("\"coordinator\": {", "\"coordinator\": {\"binary\": \"\(wrapper)\", ")
        let program = try cluster.serving()
        try program.waitFor("next:")
        let nodes = try plan(cluster)
        #expect(nodes.map(\.device) == ["RPC0", "Vulkan0"])
        let own = "coordinator: \(nodes.last?.text ?? "") on Vulkan0, "
        #expect(program.lines.contains { $0.contains(own) }, "\(own) \(program.lines)")
        #expect(nodes.last?.layers != nil)
        #expect(try cluster.tokens(count: 2).count == 2)
        program.signal(SIGTERM)
        #expect(program.exitStatus() == 0)
    }
}

extension TestEnvironment {
    /// Where `deploy/install-llama-cpp --software-vulkan` puts it.
    static let vulkanFolder = NSHomeDirectory() + "/.local/share/sollol/llama.cpp-vulkan"

    static var canRunVulkan: Bool {
        mustRun || access(vulkanFolder + "/share/vulkan/lavapipe.json", R_OK) == 0
    }

    /// What makes llama.cpp take lavapipe for as many GPUs as there are numbers.
    static func vulkanVariables(_ devices: String) -> [(String, String)] {
        [
            ("VK_DRIVER_FILES", vulkanFolder + "/share/vulkan/lavapipe.json"),
            ("GGML_VK_VISIBLE_DEVICES", devices),
        ]
    }
}
