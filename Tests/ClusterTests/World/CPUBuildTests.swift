import Foundation
import Testing

@testable import Survey

/// A GPU that the installed llama.cpp cannot use, since it is a build for the CPU: nobody is told,
/// and all is slow (abetlen/llama-cpp-python 1693, janhq/jan 7553). What the kernel shows of GPUs,
/// in trees as Linux has them (Documentation/gpu/drm-uapi.rst, sysfs(5)).
@Suite struct CPUBuildTests {
    /// What a host with these files says: of a render node its place in the tree and its maker.
    private func said(
        _ shell: [String], _ files: [String] = [], nodes: [Int: (slot: String, maker: String)] = [:]
    ) throws -> [String] {
        let manager = FileManager.default
        let root = NSTemporaryDirectory() + "sollol-gpus-\(UUID().uuidString)"
        defer { try? manager.removeItem(atPath: root) }
        func write(_ text: String, _ path: String) throws {
            let url = URL(fileURLWithPath: root + "/" + path)
            try manager.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        for file in files { try write("", file) }
        for (number, node) in nodes {
            try write(node.maker + "\n", "sys/devices/pci/\(node.slot)/vendor")
            let folder = root + "/sys/class/drm/renderD\(number)"
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try manager.createSymbolicLink(
                atPath: folder + "/device",
                withDestinationPath: "../../../devices/pci/\(node.slot)")
        }
        let program = String(decoding: PackageResources.survey_gpus_sh, as: UTF8.self)
        let answer = try ShellAnswer(shell + ["-c", "set -f; gpu_root='\(root)';\n\(program)"])
        return answer.output.split(separator: "\n").map(String.init)
    }

    @Test(arguments: MemoryLimitTests.shells)
    func withoutOneNothingIsSaid(shell: [String]) throws {
        #expect(try said(shell) == [])
        // A card without a GPU to compute with, and Intel's inside the processor.
        let nodes = [128: ("0000:00:02.0", "0x8086"), 129: ("0000:03:00.0", "0x1a03")]
        #expect(try said(shell, ["dev/null"], nodes: nodes) == [])
    }

    @Test(arguments: MemoryLimitTests.shells)
    func eachMakerIsToldOnce(shell: [String]) throws {
        let nodes = [
            128: ("0000:00:02.0", "0x8086"), 129: ("0000:01:00.0", "0x10de"),
            130: ("0000:05:00.0", "0x1002"), 131: ("0000:06:00.0", "0x1002"),
            132: ("0000:07:00.0", "0x8086"),
        ]
        #expect(
            try said(shell, ["dev/nvidia0", "dev/nvidia1"], nodes: nodes) == [
                "gpu NVIDIA /dev/nvidia0", "gpu AMD /dev/dri/renderD130",
                "gpu Intel /dev/dri/renderD132",
            ])
        // A container has no render node, WSL no driver of its own.
        #expect(try said(shell, ["dev/nvidia0"]) == ["gpu NVIDIA /dev/nvidia0"])
        #expect(
            try said(shell, ["dev/dxg", "usr/lib/wsl/lib/libcuda.so.1"])
                == ["gpu NVIDIA /dev/dxg"])
    }
}
