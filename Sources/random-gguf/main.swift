import Basics
import Foundation
import ModelMaker

// Writes a model with random weights: for deploy/quickstart and for tests. Not installed.
let usage = """
    usage: random-gguf --output FILE [--architecture llama|qwen2|qwen3|qwen3moe|gemma2|gemma3|
                                       t5|bert]
                       [--layers 8] [--embedding 256] [--heads 8] [--kv-heads 4]
                       [--head-length N] [--feed-forward 768] [--experts 0] [--experts-used 2]
                       [--window 512] [--vocabulary 259] [--type f16|q8_0|q4_K|mixed] [--tied]
                       [--seed 1]

    """

func stop(_ message: String, _ status: ExitStatus) -> Never {
    FileHandle.standardError.write(Data("random-gguf: \(message)\n".utf8))
    exit(status.rawValue)
}

var model = RandomModel()
var output: String?
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
    if word == "--tied" {
        model.isTied = true
        continue
    }
    if word == "--help" {
        FileHandle.standardOutput.write(Data(usage.utf8))
        exit(0)
    }
    guard let value = words.popFirst() else { stop("\(word) needs a value\n\(usage)", .usage) }
    let number = Int(value) ?? -1
    switch word {
    case "--output": output = value
    case "--layers": model.layers = number
    case "--embedding": model.embedding = number
    case "--heads": model.heads = number
    case "--kv-heads": model.keyValueHeads = number
    case "--feed-forward": model.feedForward = number
    case "--head-length": model.headLength = number
    case "--experts": model.experts = number
    case "--experts-used": model.expertsUsed = number
    case "--window": model.window = number
    case "--vocabulary": model.vocabulary = number
    case "--architecture":
        guard let architecture = RandomModel.Architecture(rawValue: value) else {
            stop("--architecture \(value): not one of those that can be made\n\(usage)", .usage)
        }
        model.architecture = architecture
    case "--seed": model.seed = UInt64(value) ?? 1
    case "--type":
        guard let storage = RandomModel.Storage(rawValue: value) else {
            stop("--type \(value): f16, q8_0, q4_K or mixed", .usage)
        }
        model.storage = storage
    default: stop("unknown option \(word)\n\(usage)", .usage)
    }
}
guard let output else { stop("--output is missing\n\(usage)", .usage) }
if let problem = model.problem { stop(problem, .usage) }

// Under another name first, so that a file of that name is always whole.
let temporary = "\(output).\(getpid()).new"
guard let file = fopen(temporary, "wb") else {
    stop("\(temporary): \(String(cString: strerror(errno)))", .cannotCreate)
}
var isWhole = true
model.write { bytes in isWhole = isWhole && fwrite(bytes, 1, bytes.count, file) == bytes.count }
guard fclose(file) == 0, isWhole, rename(temporary, output) == 0 else {
    let reason = String(cString: strerror(errno))
    unlink(temporary)
    stop("\(output): \(reason)", .cannotCreate)
}
