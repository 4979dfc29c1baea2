import Foundation
import Testing

/// What many hosts at once, or a model, can make `sollol` hold: never more than Bounds.md says.
struct MemoryTests {
    /// As many as are asked at once, each of which never stops: in its banner's place, among its
    /// facts, in what its programs say.
    @Test(
        .enabled(
            if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
            TestEnvironment.hostsComment),
        arguments: ["endless", "endlessLine", "repeated", "complaint"])
    func hostsThatNeverStop(lie: String) throws {
        let names = (1...8).map { "flood\($0)" }
        let bed = try LyingLane.bed(names)
        for (index, name) in names.enumerated() {
            try HostDisk.write(
                "\(index * 7) look \(lie)\n", to: bed[name].path(LyingLane.orders))
        }
        let backends = names.map { "{\"host\": \"\($0)\", \"transport\": \"ssh\"}" }
        try HostDisk.write(
            """
            { "model": "\(try TestEnvironment.smallModel())", "name": "flood",
              "rpc_backends": [\(backends.joined(separator: ", "))],
              "coordinator": {"ssh": "flood1", "port": 18080} }
            """, to: bed.control.path("/home/root/flood.json"))
        let run = try LyingRun(
            ["check", "--config", "/home/root/flood.json"], on: bed.control, output: "/tmp/flood")
        try eventually("all have lied") {
            !run.isRunning
                || names.allSatisfy { access(bed[$0].path("/run/lied"), F_OK) == 0 }
        }
        try? eventually("it ends", within: 1.5) { !run.isRunning }
        run.signal(SIGTERM)
        #expect(run.faults() == [])
        #expect(run.peak > 1 << 10)
        print("eight hosts, \(lie): at most \(run.peak >> 10) MiB")
    }

    /// A header of the largest size with as many keys and tensors as are allowed, all of them long.
    @Test(.enabled(if: access("/proc/self", F_OK) == 0, "skipped: needs /proc"))
    func aModelWhoseHeaderIsAsLargeAsAllowed() throws {
        let place = try CommandLinePlace()
        try largestHeader().write(to: URL(fileURLWithPath: "\(place.folder)/large.gguf"))
        let program = try RunningProgram(
            "\(TestEnvironment.products)/sollol",
            [
                "plan", "--model", "\(place.folder)/large.gguf", "--worker", "64GiB", "--worker",
                "64GiB",
            ], environment: place.environment, folder: "\(place.folder)/work", limit: 120)
        let memory = MemoryWatch(of: program.pid)
        let status = program.exitStatus()
        memory.end()
        #expect(status == 0, "\(program.lines) \(program.standardOutput())")
        #expect(memory.peak > 1 << 10 && memory.peak <= LyingRun.mostMemory, "\(memory.peak) KiB")
        print("a header of \(headerBytes >> 20) MiB: at most \(memory.peak >> 10) MiB")
    }

    /// Below `headerBytes` of Bounds.md by what the rest of the file needs.
    private let headerBytes = 63 << 20

    /// GGUF 3: count of tensors, of keys, keys, tensors (LlamaCppFacts.md).
    private func largestHeader() -> Data {
        var data = Data()
        func add(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
        }
        func add(_ text: String) {
            add(UInt64(text.utf8.count))
            data.append(contentsOf: text.utf8)
        }
        func key(_ name: String, _ number: Int) {
            add(name)
            add(4 as UInt32)
            add(UInt32(number))
        }
        let shape = [
            "block_count": 80, "embedding_length": 64, "feed_forward_length": 64,
            "attention.head_count": 4, "attention.head_count_kv": 4, "context_length": 4096,
        ]
        let tensors = 16_000
        let fillers = 3000
        data.append(contentsOf: "GGUF".utf8)
        add(3 as UInt32)
        add(UInt64(tensors))
        add(UInt64(2 + shape.count + fillers))
        add("general.architecture")
        add(8 as UInt32)
        add("llama")
        for (name, number) in shape { key("llama.\(name)", number) }
        for index in 0..<fillers {
            add("filler.\(index)")
            add(8 as UInt32)
            add(String(repeating: "x", count: 500))
        }
        // The vocabulary takes what is left.
        let nameLength = 60
        let left = headerBytes - data.count - tensors * (nameLength + 40)
        let word = String(repeating: "w", count: 24)
        add("tokenizer.ggml.tokens")
        add(9 as UInt32)
        add(8 as UInt32)
        add(UInt64(left / 32))
        for _ in 0..<left / 32 { add(word) }
        for index in 0..<tensors {
            let name = "blk.\(index % 80).t\(index)."
            add(name + String(repeating: "n", count: nameLength - name.utf8.count))
            add(1 as UInt32)
            add(32 as UInt64)
            add(0 as UInt32)
            add(UInt64(index * 128))
        }
        data.append(Data(count: tensors * 128 + 4096))
        return data
    }
}
