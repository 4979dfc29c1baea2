import Basics
import Foundation
import Testing

@testable import Remote

/// A server that computes on a GPU takes no CPU time while a long prompt is read, and must not be
/// taken for one that hangs (ggml-org/llama.cpp 22997: a prompt that takes more than 60 s;
/// ollama/ollama 4131: given up while the GPU is at work). Its host tells the load of the GPU; here
/// a tree of files and a stand-in of nvidia-smi do.
@Suite(.serialized) struct GPULoadTests {
    /// What is said of the GPU at each of several looks, between which something is done.
    private func looks(_ shell: [String], _ files: [String: String], between: [String])
        throws -> [String]
    {
        let root = NSTemporaryDirectory() + "sollol-gpu-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (name, text) in files.merging(
            ["records/r": ""], uniquingKeysWith: { first, _ in first })
        {
            let url = URL(fileURLWithPath: "\(root)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            if text.hasPrefix("-> ") {
                symlink(String(text.dropFirst(3)), url.path)
            } else {
                try Data((text + "\n").utf8).write(to: url)
            }
        }
        let program = """
            gpu_root='\(root)' server=7 record='\(root)/records/r'; cd '\(root)';
            PATH="$PWD/bin:$PATH"; chmod +x bin/* 2>/dev/null;
            \(String(decoding: PackageResources.guard_gpu_sh, as: UTF8.self))
            settle() { [ -z "$gpu_job" ] || wait "$gpu_job"; };
            look_at_gpu; echo "$gpu_load";
            \(between.map { "\($0); look_at_gpu; echo \"$gpu_load\";" }.joined(separator: "\n"))
            [ -z "$gpu_job" ] || kill -KILL "$gpu_job" 2>/dev/null;
            """
        let answer = try ShellAnswer(shell + ["-c", program])
        return answer.output.split(separator: "\n").map(String.init)
    }

    private static let render = ["dev/dri/renderD128": "", "proc/7/fd/5": "-> /dev/dri/renderD128"]

    @Test(arguments: MemoryLimitTests.shells)
    func aServerWithoutOneIsNotAsked(_ shell: [String]) throws {
        let plain = ["proc/7/fd/0": "-> /dev/null"]
        #expect(try looks(shell, plain, between: [":"]) == ["-", "-"])
        let beside = plain.merging(["dev/dri/renderD128": ""]) { first, _ in first }
        #expect(try looks(shell, beside, between: [":"]) == ["-", "-"])
    }

    @Test(arguments: MemoryLimitTests.shells)
    func itsOwnEnginesTell(_ shell: [String]) throws {
        let files = Self.render.merging([
            "proc/7/fdinfo/5":
                "drm-driver: amdgpu\ndrm-engine-gfx: 100 ns\ndrm-engine-capacity-gfx: 1"
        ]) { first, _ in first }
        let moves = "echo 'drm-engine-gfx: 200 ns' >proc/7/fdinfo/5"
        #expect(
            try looks(shell, files, between: [":", moves, ":"]) == ["idle", "idle", "busy", "idle"])
    }

    /// Compute of ROCm does not count among the engines of its files.
    @Test(arguments: MemoryLimitTests.shells)
    func theCardTells(_ shell: [String]) throws {
        let files = [
            "dev/kfd": "", "proc/7/fd/5": "-> /dev/kfd",
            "sys/class/drm/card0/device/gpu_busy_percent": "0",
            "sys/class/drm/card1/device/gpu_busy_percent": "97",
        ]
        let rests = "echo 0 >sys/class/drm/card1/device/gpu_busy_percent"
        #expect(try looks(shell, files, between: [rests]) == ["busy", "idle"])
    }

    @Test(arguments: MemoryLimitTests.shells)
    func whatNobodyTellsIsUnknown(_ shell: [String]) throws {
        #expect(try looks(shell, Self.render, between: [":"]) == ["unknown", "unknown"])
    }

    private static let nvidia = [
        "dev/nvidiactl": "", "proc/7/fd/5": "-> /dev/nvidia0", "say": "0\n88",
        "bin/nvidia-smi": """
        #!/bin/sh
        [ "$*" = '--query-gpu=utilization.gpu --format=csv,noheader,nounits' ] && cat say
        """,
    ]

    @Test(arguments: MemoryLimitTests.shells)
    func nvidiaSmiIsAskedBesides(_ shell: [String]) throws {
        let looks = try looks(
            shell, Self.nvidia,
            between: ["settle", "settle; echo 0 >say", "settle; echo '[N/A]' >say", "settle"])
        // Each look tells what was asked at the one before.
        #expect(looks == ["unknown", "busy", "busy", "idle", "unknown"])
    }

    @Test(arguments: MemoryLimitTests.shells)
    func anNvidiaSmiThatHangsHoldsUpNothingAndIsEnded(_ shell: [String]) throws {
        var files = Self.nvidia
        files["bin/nvidia-smi"] = "#!/bin/sh\nexec sleep 1000"
        let ended = "wait $gpu_job; [ $? = 137 ] && echo ended"
        let looks = try looks(shell, files, between: [":", ":", ":", ":", ended, "kill $gpu_job"])
        #expect(looks == Array(repeating: "unknown", count: 5) + ["ended", "unknown", "unknown"])
    }

    /// A program that a script has started without `exec`.
    @Test(arguments: MemoryLimitTests.shells)
    func theServerOfAScriptIsSeen(_ shell: [String]) throws {
        let files = [
            "dev/dri/renderD128": "", "proc/7/fd/0": "-> /dev/null",
            "proc/9/fd/5": "-> /dev/dri/renderD128", "proc/9/environ": "SOLLOL_SERVER=r",
            "proc/9/fdinfo/5": "drm-engine-render: 1 ns",
        ]
        let stamped = "printf 'A=b\\0SOLLOL_SERVER=r\\0' >proc/9/environ; gpu_pause=0"
        #expect(try looks(shell, files, between: [stamped]).last == "idle")
    }

    @Test(
        arguments: [
            ("7 1 2 3", nil), ("7 1 2 3 -", nil), ("7 1 2 3 busy", .busy),
            ("7 1 2 - unknown", .unknown),
        ] as [(String, ResourceUsage.GPULoad?)])
    func aReportWithItIsRead(words: String, load: ResourceUsage.GPULoad?) throws {
        guard case .usage(let usage?)? = GuardReport("usage \(words)") else {
            throw TestFailure("not read: \(words)")
        }
        #expect(usage.gpu == load)
    }
}
