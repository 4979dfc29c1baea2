import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Samples

/// Hostile configurations: whatever they hold, the loader gives a specification that holds together
/// or says what is wrong and where.
///
/// `SOLLOL_FUZZ_INPUTS` sets their number, `SOLLOL_FUZZ_SEED` another beginning,
/// `SOLLOL_FUZZ_INDEX` repeats one input and shows it; `SOLLOL_FUZZ_TRACE` is a folder where the
/// number of the input in work is kept, for a crash. `deploy/dev/fuzz` sets them.
struct ConfigurationFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let inputs = number("SOLLOL_FUZZ_INPUTS") ?? 100_000
    private static let seed = number("SOLLOL_FUZZ_SEED") ?? 1
    private static let only = number("SOLLOL_FUZZ_INDEX")
    private static let parts: UInt64 = 4

    private static func number(_ name: String) -> UInt64? {
        environment[name].flatMap { UInt64($0) }
    }

    @Test(arguments: 0..<parts)
    func survives(_ part: UInt64) throws {
        let trace = try Self.environment["SOLLOL_FUZZ_TRACE"].map { folder in
            let path = "\(folder)/configuration-\(part)"
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            return try #require(FileHandle(forWritingAtPath: path))
        }
        var valid = 0
        var refused = 0
        for index in stride(from: part, to: Self.inputs, by: Int(Self.parts)) {
            if let only = Self.only, only != index { continue }
            if let trace {
                try trace.seek(toOffset: 0)
                trace.write(Data("seed \(Self.seed) index \(index)\n".utf8))
            }
            var generator = RandomConfiguration(seed: Self.seed, index: index)
            let sources = generator.next()
            let fault: String?
            do {
                fault = Self.fault(of: try ConfigurationLoader.load(sources))
                valid += 1
            } catch {
                fault = Self.fault(of: error, sources)
                refused += 1
            }
            if fault != nil || Self.only != nil {
                let text = String(decoding: sources.file?.bytes ?? [], as: UTF8.self)
                let place = "seed \(Self.seed) index \(index)"
                let other = "\(sources.environment) \(sources.options)"
                Issue.record("\(place): \(fault ?? "no fault")\n\(text)\n\(other)")
            }
        }
        guard Self.only == nil, Self.inputs >= 10_000 else { return }
        // A twentieth of each part: both ways are really taken.
        let least = Int(Self.inputs / Self.parts) / 20
        #expect(valid > least, "\(valid) valid, \(refused) refused")
        #expect(refused > least, "\(valid) valid, \(refused) refused")
    }

    /// What is wrong with a list of problems, or nil.
    private static func fault(of errors: ConfigurationErrors, _ sources: ConfigurationSources)
        -> String?
    {
        if errors.problems.isEmpty { return "refused without a reason" }
        let lines = 1 + (sources.file?.bytes.filter { $0 == 0x0A }.count ?? 0)
        for problem in errors.problems {
            let text = problem.description
            let isOneLine = text.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "\u{202E}"
            }
            if !isOneLine { return "steers the terminal: \(text)" }
            if !text.hasSuffix(".") && !text.hasSuffix("?") { return "no sentence: \(text)" }
            switch problem.origin {
            case .file(_, let line, _) where !(1...lines).contains(line): return "no line: \(text)"
            case .default, nil:
                if problem.place == .source { return "says not where: \(text)" }
            default: break
            }
        }
        return nil
    }

    /// What is wrong with a configuration that was taken, or nil.
    private static func fault(of loaded: LoadedConfiguration) -> String? {
        let json = loaded.effective.json
        let again: LoadedConfiguration
        do {
            again = try Loading.load(json)
        } catch {
            return "does not load again: \(error)\n\(json)"
        }
        var (one, two) = (loaded.spec, again.spec)
        one.origins = [:]
        two.origins = [:]
        if one != two { return "loads as another:\n\(one)\n\(two)" }
        if again.effective.json != json { return "is shown differently:\n\(again.effective.json)" }
        return fault(of: one)
    }

    private static func fault(of spec: ClusterSpec) -> String? {
        var words = [spec.name, spec.model.text, spec.coordinator.host]
        words += spec.coordinator.extraArguments
        for worker in spec.workers {
            if !(1...65535).contains(worker.port) { return "port \(worker.port)" }
            let names = [worker.host, worker.bind, worker.location.sshDestination, worker.binary]
            for name in names.compactMap(\.self) {
                if name.isEmpty || name.beginsWithDash { return "an option: \(name)" }
                words.append(name)
            }
            if worker.host.utf8.contains(where: { ",:;$ '\"".utf8.contains($0) }) {
                return "no host: \(worker.host)"
            }
            words += worker.devices + worker.extraArguments + worker.environment.values
        }
        if spec.name.isEmpty || spec.model.text.isEmpty { return "no name or no model" }
        if spec.workers.reduce(0, { $0 + $1.deviceCount }) > 15 { return "too many devices" }
        if spec.distributedInferenceEnabled == spec.workers.isEmpty { return "workers: none" }
        let isClean = words.allSatisfy {
            !$0.unicodeScalars.contains(where: TerminalText.isDeceptive)
        }
        return isClean ? nil : "a control character: \(words)"
    }

    /// Shapes that make a careless reader slow: a mebibyte of each.
    @Test(arguments: [
        (#"{"rpc_backends": ["#, "1,", "]}"), ("{", #""rpc_backendz":1,"#, "}"),
        (#"{"coordinator": {"#, #""prot":1,"#, "}}"),
        (#"{"coordinator": {"extra_arguments": ["#, #""-c","#, "]}}"),
        ("", "[", ""), ("", "/*", ""), (#"{"name": ""#, #"\ud83d\ude00"#, "\"}"),
    ])
    func aMebibyteOfTheSame(_ start: String, _ element: String, _ end: String) {
        let count = (Bounds.configurationBytes - start.utf8.count - 4) / element.utf8.count
        let body = start + String(repeating: element, count: count) + end
        #expect(!Loading.problems(Loading.sources(body)).isEmpty)
    }
}
