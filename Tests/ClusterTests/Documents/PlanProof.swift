import Foundation
import ModelMaker

/// The plan of a large model of which there is only the header; its weights are a hole in a file.
enum PlanProof {
    private struct HeaderIsWritten: Error {}

    static func hold(_ blocks: [ShownDocument.Block]) throws {
        let place = try CommandLinePlace()
        let models = "\(place.folder)/work"
        try writeModel("\(models)/llama-3.1-70b.gguf")
        for step in try blocks.flatMap({ try Transcript($0).steps }) {
            let run = try ShellRun(
                step.command.replacing("/models", with: models),
                environment: place.environment.merging(
                    ["PATH": "\(TestEnvironment.products):/usr/bin:/bin"]) { $1 })
            let printed = run.output.replacing(models, with: "/models")
                .components(separatedBy: "\n")
            if let difference = Transcript.difference(documented: step.output, printed: printed) {
                throw TestFailure("$ \(step.command)\n\(difference)\n\(run.errors)")
            }
        }
    }

    /// Sizes of Llama 3.1 70B, in q4_K.
    private static func writeModel(_ path: String) throws {
        var model = RandomModel()
        model.layers = 80
        model.embedding = 8192
        model.heads = 64
        model.keyValueHeads = 8
        model.feedForward = 28672
        model.vocabulary = 128_256
        model.storage = .q4_K
        var header: [UInt8] = []
        do {
            try model.write { bytes in
                header = bytes
                throw HeaderIsWritten()
            }
        } catch is HeaderIsWritten {}
        // It was trained for 131,072 tokens, random ones are for fewer: behind the key stand the
        // type, 4 for an unsigned number of 32 bits, and the number.
        let key = Array("llama.context_length".utf8)
        guard let found = header.firstRange(of: key) else { throw TestFailure("no context length") }
        header.replaceSubrange(
            found.upperBound..<found.upperBound + 8, with: [4, 0, 0, 0, 0, 0, 2, 0])
        try Data(header).write(to: URL(filePath: path))
        truncate(path, 48 << 30)
    }
}
